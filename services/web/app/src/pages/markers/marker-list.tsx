/**
 * Markers of a broadcast in a list: each can be copied, get another label, and be deleted. The focus stays with the marker that was changed,
 * and goes to the next one when it is deleted.
 */

import { t } from "@lingui/core/macro";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Check, Pencil, Trash2, X } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { askAgain } from "../../api/ask-again";
import { deleteMarker, type Marker, renameMarker } from "../../api/desk";
import { labelRefused, notMarked } from "../../chat/marker-words";
import { IconButton } from "../../ui/button";
import { CopyButton } from "../../ui/copy-button";
import { FormError } from "../../ui/field";
import { clockOf } from "../../ui/figures";
import { content, focusOn, keepFocus } from "../../ui/focus";
import { LabelInput } from "./label-input";
import { markersKey } from "./use-markers";

interface Where {
  username: string;
  broadcast: string;
}

export function MarkerList({
  list,
  labelled,
  ...where
}: Where & {
  list: Marker[];
  /** The id of the heading that names the list. */
  labelled: string;
}) {
  // The last one's heading may go with it.
  useEffect(
    () => () => {
      if (document.activeElement === document.body) focusOn(content());
    },
    [],
  );
  return (
    <ul className="mt-3 divide-y border-t" aria-labelledby={labelled} data-testid="marker-list">
      {list.map((marker) => (
        <Row key={marker.id} {...where} marker={marker} />
      ))}
    </ul>
  );
}

function Row({ username, broadcast, marker }: Where & { marker: Marker }) {
  const client = useQueryClient();
  const [writes, setWrites] = useState(false);
  const row = useRef<HTMLLIElement>(null);
  const remove = useMutation({
    mutationFn: () => deleteMarker(username, marker.id),
    onSuccess: () => askAgain(client, markersKey(broadcast)),
  });
  const time = clockOf(marker.offset_ms);
  const end = () => {
    keepFocus(row.current);
    setWrites(false);
  };
  const leave = () => {
    const list = row.current?.parentElement;
    const heading = document.getElementById(list?.getAttribute("aria-labelledby") ?? "");
    focusOn(
      (row.current?.nextElementSibling ?? row.current?.previousElementSibling ?? heading) as HTMLElement,
    );
    remove.mutate();
  };
  return (
    <li ref={row} data-testid="marker" className="flex flex-wrap items-center gap-x-3 gap-y-1 py-2">
      <span className="figures w-16 shrink-0 font-medium" data-testid="marker-time">
        {time}
      </span>
      {writes ? (
        <LabelForm username={username} broadcast={broadcast} marker={marker} end={end} />
      ) : (
        <>
          <p className="min-w-0 flex-1">
            <span className={`wrap-anywhere ${marker.label ? "" : "text-quiet"}`} data-testid="marker-text">
              {marker.label || t`Without a label`}
            </span>
            {marker.made_by_name && <span className="block text-xs text-quiet">{marker.made_by_name}</span>}
          </p>
          <span className="flex items-center gap-1">
            <CopyButton
              text={`${time} ${marker.label}`.trim()}
              label={t`Copy ${time}`}
              testId="marker-copy"
            />
            <IconButton
              label={t`Change the label at ${time}`}
              data-testid="marker-edit"
              onClick={() => setWrites(true)}
            >
              <Pencil aria-hidden className="size-4" />
            </IconButton>
            <IconButton
              label={t`Delete the marker at ${time}`}
              busy={remove.isPending}
              data-testid="marker-delete"
              onClick={leave}
            >
              <Trash2 aria-hidden className="size-4" />
            </IconButton>
          </span>
        </>
      )}
      {remove.error && <FormError>{notMarked(remove.error)}</FormError>}
    </li>
  );
}

function LabelForm({ username, broadcast, marker, end }: Where & { marker: Marker; end: () => void }) {
  const client = useQueryClient();
  const [draft, setDraft] = useState(marker.label);
  const rename = useMutation({
    mutationFn: () => renameMarker(username, marker.id, draft.trim()),
    onSuccess: async () => {
      await askAgain(client, markersKey(broadcast));
      end();
    },
  });
  const time = clockOf(marker.offset_ms);
  return (
    <form
      className="min-w-0 flex-1"
      onSubmit={(event) => {
        event.preventDefault();
        if (!rename.isPending && !labelRefused(draft)) rename.mutate();
      }}
    >
      <LabelInput
        aria-label={t`Label of the marker at ${time}`}
        value={draft}
        write={setDraft}
        failed={rename.error ? notMarked(rename.error) : null}
        autoFocus
        data-testid="marker-edit-text"
      >
        <IconButton type="submit" label={t`Save`} busy={rename.isPending} data-testid="marker-save">
          <Check aria-hidden className="size-4" />
        </IconButton>
        <IconButton label={t`Cancel`} onClick={end}>
          <X aria-hidden className="size-4" />
        </IconButton>
      </LabelInput>
    </form>
  );
}
