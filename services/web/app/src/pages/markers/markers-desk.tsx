/** Markers of what is on air, for the dashboard and the moderators' desk: one is set, and the last ones are listed, newest first. */

import { t } from "@lingui/core/macro";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Bookmark } from "lucide-react";
import { type FormEvent, useState } from "react";
import { setMarker } from "../../api/desk";
import { labelRefused, notMarked } from "../../chat/marker-words";
import { Button } from "../../ui/button";
import { NotLoaded } from "../../ui/not-loaded";
import { LabelInput } from "./label-input";
import { MarkerList } from "./marker-list";
import { markersKey, useMarkers } from "./use-markers";

export function MarkersDesk({
  username,
  broadcast,
  last = 5,
}: {
  username: string;
  broadcast: string;
  /** How many are shown while the broadcast runs. */
  last?: number;
}) {
  const client = useQueryClient();
  const [label, setLabel] = useState("");
  const { data = [], error, isLoadingError, refetch } = useMarkers(username, broadcast, true);
  const set = useMutation({
    mutationFn: () => setMarker(username, label.trim()),
    onSuccess: () => {
      setLabel("");
      return client.invalidateQueries({ queryKey: markersKey(broadcast) });
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!set.isPending && !labelRefused(label)) set.mutate();
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
      <p className="pt-0.5 pb-3 text-sm text-quiet">{t`Mark a moment, with a label or without, to find it again after the broadcast. In the chat, /marker does the same.`}</p>
      <form onSubmit={submit}>
        <LabelInput
          aria-label={t`Label (optional)`}
          placeholder={t`Label`}
          value={label}
          write={setLabel}
          failed={set.error ? notMarked(set.error) : null}
          data-testid="marker-label"
        >
          <Button type="submit" busy={set.isPending} data-testid="set-marker" className="!h-10">
            <Bookmark aria-hidden className="size-4" />
            {t`Set marker`}
          </Button>
        </LabelInput>
      </form>
      {isLoadingError && (
        <NotLoaded error={error} again={refetch} testId="markers-error" className="mt-3 border-t pt-3" />
      )}
      {data.length > 0 && (
        <MarkerList
          username={username}
          broadcast={broadcast}
          list={[...data].reverse().slice(0, last)}
          labelled="markers-title"
        />
      )}
      {data.length > last && (
        <p className="pt-2 text-xs text-quiet">{t`The last ${last} of ${data.length}; all are with the broadcast afterwards.`}</p>
      )}
    </section>
  );
}
