/** What the moderation page asks the server for, and the frames of the chat beside it that make it ask again. Nothing polls. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useCallback, useRef } from "react";
import { afterwards, askAgain } from "../../api/ask-again";
import type { ServerFrame } from "../../chat/frames";

type Part =
  | "holds"
  | "reports"
  | "unban-requests"
  | "bans"
  | "settings"
  | "terms"
  | "audit"
  | "members"
  | "bots"
  | "emotes";
const key = (room: string, part: Part) => ["desk", room, part];

/** By frame: what may have changed. */
const TOUCHES: Partial<Record<ServerFrame["type"], Part[]>> = {
  held: ["holds"],
  hold_resolved: ["holds"],
  settings: ["settings"],
  emotes: ["emotes"],
  report: ["reports"],
  unban_request: ["unban-requests"],
  moderation: ["audit", "bans", "holds", "reports", "unban-requests", "terms"],
};

export function usePart<T>(room: string, part: Part, ask: (signal: AbortSignal) => Promise<T>) {
  return useQuery({
    queryKey: key(room, part),
    queryFn: ({ signal }) => ask(signal),
    staleTime: 0,
  });
}

/** Something done at the desk; the parts it touches are asked for again. */
export function useDeed<A>(room: string, parts: Part[], deed: (what: A) => Promise<unknown>) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: deed,
    onSettled: afterwards(() => Promise.all(parts.map((part) => askAgain(client, key(room, part))))),
  });
}

/** What the chat tells of, and did not while it was away. */
const TOLD = [...new Set(Object.values(TOUCHES).flat())];

/** Keeps the parts true by the chat's frames. */
export function useDeskFrames(room: string): (frame: ServerFrame) => void {
  const client = useQueryClient();
  const joined = useRef(false);
  return useCallback(
    (frame) => {
      // At the first join all of it is being asked for anyway.
      const again = frame.type === "joined" && joined.current;
      joined.current ||= frame.type === "joined";
      for (const part of again ? TOLD : (TOUCHES[frame.type] ?? [])) void askAgain(client, key(room, part));
    },
    [client, room],
  );
}
