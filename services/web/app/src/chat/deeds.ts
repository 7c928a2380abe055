/** What the lines of a chat can do, handed down to them. One object for as long as the room and the reader's roles are the same. */
import { createContext, useContext } from "react";
import type { ChatImage, ChatUser, MessageFrame } from "./frames";

/** A dialog over the chat. */
export type Asked =
  | { kind: "card"; user: ChatUser; message?: MessageFrame }
  | { kind: "report"; message: MessageFrame }
  | { kind: "ban"; user: ChatUser }
  | { kind: "image"; image: ChatImage; by: ChatUser }
  | { kind: "people" }
  | { kind: "poll" }
  | { kind: "unban" };

export interface Deeds {
  room: string;
  me: { id: string; username: string } | null;
  /** May write: has an account that is not banned here. */
  writes: boolean;
  moderates: boolean;
  /** Ids of people whose messages this reader does not want. */
  hidden: ReadonlySet<string>;
  reply: (message: MessageFrame) => void;
  mention: (username: string) => void;
  ask: (what: Asked) => void;
  jump: (id: string) => void;
  remove: (message: MessageFrame) => void;
  timeout: (user: ChatUser, seconds: number) => void;
  pin: (message: MessageFrame) => void;
  block: (user: ChatUser) => void;
  undo: (act: string) => void;
}

export const DeedsContext = createContext<Deeds | null>(null);

export function useDeeds(): Deeds {
  const deeds = useContext(DeedsContext);
  if (!deeds) throw new Error("a chat line outside of a chat");
  return deeds;
}

/** Lengths that a time-out is offered for, seconds. */
export const TIMEOUTS = [60, 600, 3_600, 86_400, 604_800];
