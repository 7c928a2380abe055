/** What is being written: text, the message that it answers, a picture. Kept for a room while the page lives, so that no move of the page loses it. */
import { useSyncExternalStore } from "react";
import type { MessageFrame } from "./frames";

export interface Draft {
  text: string;
  reply: MessageFrame | null;
}

const EMPTY: Draft = { text: "", reply: null };
const drafts = new Map<string, Draft>();
const listeners = new Set<() => void>();
/** Rooms whose drafts are kept. */
const MOST = 20;

export function changeDraft(room: string, change: Partial<Draft>): void {
  const next = { ...(drafts.get(room) ?? EMPTY), ...change };
  drafts.delete(room);
  if (next.text || next.reply) drafts.set(room, next);
  const oldest = drafts.keys().next().value;
  if (drafts.size > MOST && oldest !== undefined) drafts.delete(oldest);
  for (const listener of listeners) listener();
}

export function draftOf(room: string): Draft {
  return drafts.get(room) ?? EMPTY;
}

export function useDraft(room: string): Draft {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => draftOf(room),
  );
}
