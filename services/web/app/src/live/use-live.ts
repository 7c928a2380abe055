/**
 * Live objects for pages: fetched once through TanStack Query, then kept true by pushed events. Nothing polls. After each
 * reconnection of the event stream the object is fetched once more, since a long gap may have outlived the server's memory.
 */
import { type QueryClient, useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef, useSyncExternalStore } from "react";
import { askAgain } from "../api/ask-again";
import { liveStreams, ownStream, streamOf } from "../api/calls";
import type { Stream } from "../api/contract";
import { Problem } from "../api/problem";
import { useSession } from "../auth/use-session";
import { hub, type Pushed } from "./event-hub";
import {
  directoryAfter,
  isAnotherGate,
  isOpen,
  lacksPlayback,
  ranked,
  streamAfter,
  Told,
} from "./stream-state";
import { useHealing } from "./use-healing";

export const keys = {
  directory: ["directory"] as const,
  stream: (username: string) => ["stream", username.toLowerCase()] as const,
  own: ["own-stream"] as const,
  /** These go with `own`. */
  ownFace: ["own-stream", "face"] as const,
  followed: ["own-stream", "followed"] as const,
  streamKeys: ["stream-keys"] as const,
  /** What begins so is one person's, too. */
  personal: [["own"], ["follow"], ["unban-request"]] as const,
};

/** One's own channel. For so many milliseconds who asks next, or at the same time, takes what was told. */
export const OWN = {
  queryKey: keys.own,
  queryFn: ({ signal }: { signal: AbortSignal }) => ownStream(signal),
  staleTime: 10_000,
};

/** Subscribes while mounted. `handler` may change without a new subscription. */
export function usePushed(
  topics: string[],
  handler: (pushed: Pushed) => void,
  onOpen?: (again: boolean) => void,
): void {
  const latest = useRef({ handler, onOpen });
  useEffect(() => {
    latest.current = { handler, onOpen };
  });
  const joinedTopics = topics.join(" ");
  useEffect(() => {
    if (!joinedTopics) return;
    return hub.subscribe({
      topics: joinedTopics.split(" "),
      onEvent: (pushed) => latest.current.handler(pushed),
      onOpen: (again) => latest.current.onOpen?.(again),
    });
  }, [joinedTopics]);
}

/** True while the page cannot be told anything. */
export function usePushDown(): boolean {
  return useSyncExternalStore(hub.watchDown, hub.isDown);
}

const told = new Told();
const directory = async (signal: AbortSignal) => told.after(ranked((await liveStreams(signal)).items));

/** Who is live. */
export const DIRECTORY = {
  queryKey: keys.directory,
  queryFn: ({ signal }: { signal: AbortSignal }) => directory(signal),
  staleTime: Number.POSITIVE_INFINITY,
};

/** Who is live. `stills`: pictures of them are shown, and are to be true, too; of a list without them nobody is sent any. */
export function useDirectory({ stills = false } = {}) {
  const client = useQueryClient();
  const opened = useRef(false);
  const query = useQuery(DIRECTORY);
  useHealing(query, keys.directory, directory);
  usePushed(
    stills ? ["directory", "stills"] : ["directory"],
    (pushed) => {
      told.note(pushed);
      client.setQueryData<Stream[]>(keys.directory, (list) => list && directoryAfter(list, pushed));
    },
    // The server begins with who is live, not with who left meanwhile: ask at every connection but the first.
    () => {
      told.forget();
      if (opened.current) void askAgain(client, keys.directory);
      opened.current = true;
    },
  );
  // Who does not listen any more does not know what was pushed since.
  useEffect(() => () => told.forget(), []);
  return query;
}

export function useStream(username: string) {
  const client = useQueryClient();
  const queryKey = keys.stream(username);
  const query = useQuery({
    queryKey,
    queryFn: ({ signal }) => streamOf(username, signal),
    staleTime: Number.POSITIVE_INFINITY,
    retry: (count, error) => !(error instanceof Problem && error.status === 404) && count < 3,
  });
  useHealing(query, queryKey, (signal) => streamOf(username, signal));
  const reopened = (again: boolean) => {
    if (again) void askAgain(client, queryKey);
  };
  const id = query.data?.id;
  usePushed(
    id ? [`channel:${id}`] : [],
    (pushed) => {
      if (isAnotherGate(client.getQueryData<Stream>(queryKey), pushed))
        void client.invalidateQueries({ queryKey });
      pushInto<Stream>(client, queryKey, pushed);
    },
    reopened,
  );
  // A page that was just opened asks before it knows who is signed in: whether they may watch is asked again, once.
  const { status } = useSession();
  const shut = query.data !== undefined && !isOpen(query.data) && !query.data.may_watch;
  useEffect(() => {
    if (shut && status === "in") void client.invalidateQueries({ queryKey: keys.stream(username) });
  }, [shut, status, client, username]);
  const incomplete = query.data ? lacksPlayback(query.data) : false;
  useEffect(() => {
    if (incomplete) void askAgain(client, keys.stream(username));
  }, [incomplete, client, username]);
  return query;
}

/** What is known after an event. */
export function pushInto<T extends Stream>(
  client: QueryClient,
  queryKey: readonly string[],
  pushed: Pushed,
): void {
  client.setQueryData<T>(queryKey, (stream) => stream && (streamAfter(stream, pushed) as T));
}
