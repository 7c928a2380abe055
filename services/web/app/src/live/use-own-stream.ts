/** One's own channel for its pages, as `use-live` has others': kept true by pushed events. Apart from them, since viewers need none of it. */
import { type QueryClient, useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { askAgain } from "../api/ask-again";
import { ownStream } from "../api/calls";
import type { OwnStream, Refusal } from "../api/contract";
import type { Pushed } from "./event-hub";
import { isAnotherState, withoutSettled } from "./own-state";
import { lacksPlayback } from "./stream-state";
import { useHealing } from "./use-healing";
import { keys, OWN, pushInto, usePushed } from "./use-live";

/** The signed-in broadcaster's channel, with health pushed to `onHealth`. */
export function useOwnStream(onHealth: (health: Extract<Pushed, { event: "health" }>["data"]) => void) {
  const client = useQueryClient();
  const query = useQuery(OWN);
  useHealing(query, keys.own, ownStream);
  const reopened = (again: boolean) => {
    if (again) void askAgain(client, keys.own);
  };
  const id = query.data?.id;
  usePushed(
    id ? [`channel:${id}`, `health:${id}`] : [],
    (pushed) => {
      if (pushed.event === "health" && pushed.data.channel_id === id) onHealth(pushed.data);
      if (pushed.event === "refused") addRefusal(client, pushed.data);
      else {
        // A key was used, perhaps for the first time.
        if (isAnotherState(client.getQueryData<OwnStream>(keys.own), pushed))
          void askAgain(client, keys.streamKeys);
        pushInto<OwnStream>(client, keys.own, pushed);
        client.setQueryData<OwnStream>(keys.own, (own) => own && withoutSettled(own));
      }
    },
    reopened,
  );
  const incomplete = query.data ? lacksPlayback(query.data) : false;
  useEffect(() => {
    if (incomplete) void askAgain(client, keys.own);
  }, [incomplete, client]);
  return query;
}

function addRefusal(client: QueryClient, refusal: Refusal): void {
  client.setQueryData<OwnStream>(keys.own, (own) => {
    if (!own || (refusal.channel_id && refusal.channel_id !== own.id)) return own;
    // As the service lists them: one that repeats is one.
    const known = (own.refusals ?? []).filter(
      (r) => r.code !== refusal.code || r.key_name !== refusal.key_name,
    );
    return { ...own, refusals: [refusal, ...known].slice(0, 20) };
  });
}
