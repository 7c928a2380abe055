/**
 * The chat protocol's frames (CONTRACT, "Chat"), as far as this app reads and writes them, and the one place where text
 * from the wire becomes a frame. Unknown types are ignored, as the protocol asks.
 */

export interface ChatUser {
  id: string;
  username: string;
  display_name: string;
  badges?: string[];
}

export interface MessageFrame {
  type: "message";
  room: string;
  id: string;
  user: ChatUser;
  text: string;
  at: string;
  nonce?: string;
  reply_to?: string;
}
export interface DeletedFrame {
  type: "deleted";
  room: string;
  id: string;
  message_id: string;
}
export interface ClearedFrame {
  type: "cleared";
  room: string;
  id: string;
  user?: string;
}
export interface SettingsFrame {
  type: "settings";
  room: string;
  id: string;
}
export type LogFrame = MessageFrame | DeletedFrame | ClearedFrame | SettingsFrame;

export type ServerFrame =
  | LogFrame
  | { type: "welcome"; user: ChatUser | null; heartbeat_ms?: number }
  | { type: "auth_expiring"; in_ms: number }
  | { type: "auth"; state: "ok" | "read_only" }
  | { type: "joined"; room: string; name: string; events: LogFrame[]; complete: boolean }
  | { type: "held"; room: string; hold_id: string; nonce?: string; text: string }
  | { type: "hold_resolved"; hold_id: string; outcome: string; message_id?: string }
  | { type: "stream"; room: string; state: string; viewers?: number }
  | { type: "reconnect"; after_ms?: number }
  | { type: "pong" }
  | { type: "error"; code: string; detail?: string; nonce?: string; retry_after_ms?: number };

export type ClientFrame =
  | { type: "hello"; v: 1; token?: string }
  | { type: "auth"; token: string }
  | { type: "join"; room: string; since?: string; history?: number }
  | { type: "say"; room: string; text: string; nonce: string }
  | { type: "ping" };

const KNOWN = new Set([
  "message",
  "deleted",
  "cleared",
  "settings",
  "welcome",
  "auth_expiring",
  "auth",
  "joined",
  "held",
  "hold_resolved",
  "stream",
  "reconnect",
  "pong",
  "error",
]);

/** Null for what is no frame or none that this app knows. */
export function readFrame(text: unknown): ServerFrame | null {
  if (typeof text !== "string") return null;
  try {
    const frame = JSON.parse(text) as { type?: unknown } | null;
    if (!frame || typeof frame.type !== "string" || !KNOWN.has(frame.type)) return null;
    return frame as ServerFrame;
  } catch {
    return null;
  }
}

const SENTENCES: Record<string, string> = {
  too_long: "That message is too long.",
  message_too_long: "That message is too long.",
  empty: "There is nothing to send.",
  duplicate: "You just said that.",
  banned: "You are banned from this chat.",
  timed_out: "You cannot write here for a while.",
  not_joined: "The chat lost its place. Try again.",
  unauthorized: "Sign in to write.",
  read_only: "Sign in to write.",
  room_not_found: "This channel has no chat.",
  unavailable: "Chat has a problem right now. Reading still works; try again in a moment.",
};

/** What to tell the writer about an `error` frame. */
export function errorSentence(frame: { code: string; detail?: string; retry_after_ms?: number }): string {
  if (frame.retry_after_ms && frame.retry_after_ms > 0) {
    const seconds = Math.ceil(frame.retry_after_ms / 1000);
    return `Not so fast. You can write again in ${seconds} second${seconds === 1 ? "" : "s"}.`;
  }
  const known = SENTENCES[frame.code];
  if (known) return known;
  const detail = frame.detail?.trim();
  if (!detail) return "That did not work. Try again.";
  const start = detail.charAt(0).toUpperCase() + detail.slice(1);
  return /[.?!]$/.test(start) ? start : `${start}.`;
}
