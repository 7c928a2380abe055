/** Markers of a broadcast: set while it is on air, each with a label that can be changed, newest first; the last ones, or all. */

import { t } from "@lingui/core/macro";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Bookmark, Check, Pencil, Trash2, X } from "lucide-react";
import { type FormEvent, useState } from "react";
import { deleteMarker, MAX_LABEL, type Marker, markers, renameMarker, setMarker } from "../../api/desk";
import { sentence } from "../../api/problem";
import { Button, IconButton } from "../../ui/button";
import { CopyButton } from "../../ui/copy-button";
import { FormError, inputLook } from "../../ui/field";
import { clockSince } from "../../ui/figures";

/** Others of the team set markers, too. */
const AGAIN_MS = 15_000;
/** Shown while the broadcast runs. */
const LAST = 5;

const queryKey = (broadcast: string) => ["markers", broadcast];

export function useMarkers(username: string, broadcast: string, running: boolean) {
  return useQuery({
    queryKey: queryKey(broadcast),
    queryFn: ({ signal }) => markers(username, broadcast, signal),
    staleTime: 0,
    refetchInterval: running ? AGAIN_MS : false,
  });
}

/** Time in the broadcast, as one would type it elsewhere: 1:02:03. */
export const timeIn = (offsetMs: number) => clockSince(new Date(0).toISOString(), offsetMs);

/** While it is on air. */
export function MarkersDesk({ username, broadcast }: { username: string; broadcast: string }) {
  const client = useQueryClient();
  const [label, setLabel] = useState("");
  const { data = [] } = useMarkers(username, broadcast, true);
  const set = useMutation({
    mutationFn: () => setMarker(username, label.trim()),
    onSuccess: () => {
      setLabel("");
      return client.invalidateQueries({ queryKey: queryKey(broadcast) });
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!set.isPending) set.mutate();
  };
  return (
    <section
      aria-labelledby="markers-title"
      data-testid="markers"
      className="rounded-md border bg-raised p-4 sm:p-5"
    >
      <h2 id="markers-title" className="text-base font-semibold">
        {t`Markers`}
      </h2>
      <p className="pt-0.5 text-sm text-quiet">{t`Mark a moment now to find it again after the broadcast.`}</p>
      <form onSubmit={submit} className="flex gap-2 pt-3">
        <input
          className={inputLook}
          aria-label={t`What happens, if you like`}
          placeholder={t`What happens, if you like`}
          maxLength={MAX_LABEL}
          value={label}
          data-testid="marker-label"
          onChange={(event) => setLabel(event.target.value)}
        />
        <Button type="submit" busy={set.isPending} data-testid="set-marker" className="!h-10">
          <Bookmark aria-hidden className="size-4" />
          {t`Set marker`}
        </Button>
      </form>
      <FormError>{set.error ? sentence(set.error) : null}</FormError>
      {data.length > 0 && (
        <MarkerList
          username={username}
          broadcast={broadcast}
          list={[...data].reverse().slice(0, LAST)}
          labelled="markers-title"
        />
      )}
      {data.length > LAST && (
        <p className="pt-2 text-xs text-quiet">{t`The last ${LAST} of ${data.length}; all are with the broadcast afterwards.`}</p>
      )}
    </section>
  );
}

export function MarkerList({
  username,
  broadcast,
  list,
  labelled,
}: {
  username: string;
  broadcast: string;
  list: Marker[];
  /** The id of the heading that names the list. */
  labelled: string;
}) {
  return (
    <ul className="mt-3 divide-y border-t" aria-labelledby={labelled} data-testid="marker-list">
      {list.map((marker) => (
        <Row key={marker.id} username={username} broadcast={broadcast} marker={marker} />
      ))}
    </ul>
  );
}

function Row({ username, broadcast, marker }: { username: string; broadcast: string; marker: Marker }) {
  const client = useQueryClient();
  const again = () => client.invalidateQueries({ queryKey: queryKey(broadcast) });
  const [draft, setDraft] = useState<string | null>(null);
  const rename = useMutation({
    mutationFn: (label: string) => renameMarker(username, marker.id, label),
    onSuccess: async () => {
      await again();
      setDraft(null);
    },
  });
  const remove = useMutation({ mutationFn: () => deleteMarker(username, marker.id), onSuccess: again });
  const failed = rename.error ?? remove.error;
  const time = timeIn(marker.offset_ms);
  return (
    <li data-testid="marker" className="flex flex-wrap items-center gap-x-3 gap-y-1 py-2">
      <span className="figures w-16 shrink-0 font-medium" data-testid="marker-time">
        {time}
      </span>
      {draft === null ? (
        <p className="min-w-0 flex-1">
          <span className={`wrap-anywhere ${marker.label ? "" : "text-quiet"}`} data-testid="marker-text">
            {marker.label || t`Without a label`}
          </span>
          {marker.made_by_name && <span className="block text-xs text-quiet">{marker.made_by_name}</span>}
        </p>
      ) : (
        <form
          className="flex min-w-0 flex-1 gap-1"
          onSubmit={(event) => {
            event.preventDefault();
            rename.mutate(draft.trim());
          }}
        >
          <input
            className={inputLook}
            aria-label={t`Label of the marker at ${time}`}
            maxLength={MAX_LABEL}
            value={draft}
            // biome-ignore lint/a11y/noAutofocus: who asked to write is to write
            autoFocus
            data-testid="marker-edit-text"
            onChange={(event) => setDraft(event.target.value)}
          />
          <IconButton type="submit" label={t`Save`} disabled={rename.isPending} data-testid="marker-save">
            <Check aria-hidden className="size-4" />
          </IconButton>
          <IconButton label={t`Cancel`} onClick={() => setDraft(null)}>
            <X aria-hidden className="size-4" />
          </IconButton>
        </form>
      )}
      {draft === null && (
        <span className="flex items-center gap-1">
          <CopyButton text={`${time} ${marker.label}`.trim()} label={t`Copy ${time}`} testId="marker-copy" />
          <IconButton
            label={t`Change the label at ${time}`}
            data-testid="marker-edit"
            onClick={() => setDraft(marker.label)}
          >
            <Pencil aria-hidden className="size-4" />
          </IconButton>
          <IconButton
            label={t`Delete the marker at ${time}`}
            disabled={remove.isPending}
            data-testid="marker-delete"
            onClick={() => remove.mutate()}
          >
            <Trash2 aria-hidden className="size-4" />
          </IconButton>
        </span>
      )}
      {failed && <FormError>{sentence(failed)}</FormError>}
    </li>
  );
}
