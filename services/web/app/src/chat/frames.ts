/**
 * The chat protocol's frames (docs/CHAT-PROTOCOL.md), as far as this app reads and writes them, and the one place where text
 * from the wire becomes a frame. Unknown types are ignored, as the protocol asks; what a frame may leave out is optional here.
 */

import type { Act } from "../api/chat";

/** Marks before a name, as the server sends them; others may come and are not shown. */
export type Badge = "broadcaster" | "moderator" | "vip" | "staff" | "bot";
export type Role = "owner" | "moderator" | "vip" | "staff";

export interface ChatUser {
  id: string;
  username: string;
  display_name: string;
  badges?: string[];
  /** `#rrggbb`, as the person chose it. */
  color?: string;
}

export interface ChatImage {
  id: string;
  url: string;
  width: number;
  height: number;
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
  /** The message that is answered, as it was; absent when it is gone. */
  reply?: { user: Pick<ChatUser, "id" | "username" | "display_name" | "badges">; text: string };
  me?: boolean;
  /** The first message of this person in this room. */
  first?: boolean;
  /** Ids of people who are named in the text. */
  mentions?: string[];
  /** Address by name, of those that stand in the text as `:name:`. */
  emotes?: Record<string, string>;
  image?: ChatImage;
  announcement?: "primary" | "good" | "warn";
}
export interface DeletedFrame {
  type: "deleted";
  room: string;
  id: string;
  message_id: string;
  by?: "author" | "moderator";
}
export interface ClearedFrame {
  type: "cleared";
  room: string;
  id: string;
  /** Whose messages; without it everybody's. */
  user?: string;
}

export type LinkRule = "allow" | "hold" | "refuse";
/** How a room is to be written in. */
export interface RoomSettings {
  /** Grows with each change; of two, the higher one counts. */
  version?: number;
  slow_s: number;
  followers_only_min: number | null;
  verified_only: boolean;
  emote_only: boolean;
  unique: boolean;
  links: LinkRule;
  shield: boolean;
  images: boolean;
}
export interface SettingsFrame {
  type: "settings";
  room: string;
  id: string;
  settings?: Partial<RoomSettings>;
  by?: string;
}
export interface PinnedFrame {
  type: "pinned";
  room: string;
  id: string;
  message: MessageFrame | null;
  by?: string;
}
export interface Poll {
  id: string;
  question: string;
  options: Array<{ n: number; text: string }>;
  ends_at: string;
  state: "open" | "closed" | "cancelled";
  /** By option, in their order. */
  votes: number[];
  voters: number;
  by?: string;
}
export interface PollFrame {
  type: "poll";
  room: string;
  id: string;
  at?: string;
  poll: Poll;
}
export type NoticeKind = "live" | "reconnecting" | "back" | "ended" | "title" | "follow";
/** Something that happened to the stream, told in the room. */
export interface NoticeFrame {
  type: "notice";
  room: string;
  id: string;
  at: string;
  kind: NoticeKind;
  text?: string;
  title?: string;
  user?: Pick<ChatUser, "id" | "username" | "display_name">;
  /** Followers before this one that were not told one by one. */
  more?: number;
}
/** Frames of the room's log: they have ids and come again after `since`. */
export type LogFrame =
  | MessageFrame
  | DeletedFrame
  | ClearedFrame
  | SettingsFrame
  | PinnedFrame
  | PollFrame
  | NoticeFrame;

export type HoldReason = "terms" | "new_user_links" | "flood" | "caps" | "repeats" | "links" | "image";
export interface HeldFrame {
  type: "held";
  room: string;
  hold_id: string;
  nonce?: string;
  text: string;
  user?: ChatUser;
  reason?: HoldReason;
  at?: string;
  matched?: string;
  image?: ChatImage;
}
export interface Sanction {
  kind: "timeout" | "ban" | "none";
  until?: string;
  reason?: string;
}

/** A page of who is here. */
export interface RosterFrame {
  type: "roster";
  room: string;
  people: ChatUser[];
  next?: string | null;
  total: number;
}

export type ServerFrame =
  | LogFrame
  | HeldFrame
  | { type: "welcome"; user: ChatUser | null; heartbeat_ms?: number }
  | { type: "auth_expiring"; in_ms: number }
  | { type: "auth"; state: "ok" | "read_only" }
  | {
      type: "joined";
      room: string;
      name: string;
      events: LogFrame[];
      complete: boolean;
      you?: { roles?: string[]; sanction?: Sanction };
      settings?: Partial<RoomSettings>;
      /** The frame that pinned the message which is pinned now. */
      pinned?: PinnedFrame | null;
      /** The open poll, as it stands. */
      poll?: Poll | null;
    }
  | RosterFrame
  | { type: "poll_votes"; room: string; poll: string; votes: number[]; voters: number }
  | { type: "presence"; room: string; count: number; people?: number }
  | {
      type: "hold_resolved";
      room?: string;
      hold_id: string;
      outcome: "approved" | "denied" | "expired";
      message_id?: string;
    }
  | { type: "moderation"; room: string; act: Act }
  | ({ type: "sanction"; room: string } & Sanction)
  | { type: "you"; room: string; roles: string[] }
  | { type: "report"; room: string }
  | { type: "unban_request"; room: string }
  | { type: "report_answered"; report_id: string; outcome: string; text?: string }
  | { type: "emotes"; room: string }
  | { type: "skipped"; room: string; count: number }
  | { type: "done"; room: string; nonce?: string; text: string }
  | { type: "left"; room: string }
  | { type: "stream"; room: string; state: string; viewers?: number }
  | { type: "reconnect"; after_ms?: number }
  | { type: "pong" }
  | {
      type: "error";
      code: string;
      detail?: string;
      room?: string;
      nonce?: string;
      retry_after_ms?: number;
    };

export type ClientFrame =
  | { type: "hello"; v: 1; token?: string }
  | { type: "auth"; token: string }
  | { type: "join"; room: string; since?: string; history?: number }
  | { type: "say"; room: string; text: string; nonce: string; reply_to?: string; image?: string }
  | { type: "vote"; room: string; poll: string; option: number; nonce?: string }
  | { type: "roster"; room: string; cursor?: string }
  | { type: "ping" };

const LOGGED = ["message", "deleted", "cleared", "settings", "pinned", "poll", "notice"];
const LOG_TYPES = new Set(LOGGED);
const KNOWN = new Set([
  ...LOGGED,
  "welcome",
  "auth_expiring",
  "auth",
  "joined",
  "held",
  "hold_resolved",
  "roster",
  "poll_votes",
  "presence",
  "moderation",
  "sanction",
  "you",
  "report",
  "unban_request",
  "report_answered",
  "emotes",
  "skipped",
  "done",
  "left",
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

export function isLogFrame(frame: { type: string }): frame is LogFrame {
  return LOG_TYPES.has(frame.type);
}

/** Owner, moderators and the platform's staff. */
export function moderates(roles: readonly string[]): boolean {
  return roles.some((r) => r === "owner" || r === "moderator" || r === "staff");
}

/** Modes and rules count for others. */
export function isExempt(roles: readonly string[]): boolean {
  return moderates(roles) || roles.includes("vip");
}
