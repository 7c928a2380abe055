/**
 * Chat's REST calls, and the shapes they give, as far as this app reads them. A room is named by its channel's id or user name; a
 * person by id or user name. What moderators do here counts on every node and reaches the page as frames as well.
 */
import type { ChatImage, ChatUser, HeldFrame, MessageFrame, RoomSettings, Sanction } from "../chat/frames";
import { api } from "./client";
import type { Page } from "./contract";

export type Person = Pick<ChatUser, "id" | "username" | "display_name">;
export type RuleChoice = "allow" | "hold" | "refuse";
export const RULES = ["terms", "new_user_links", "flood", "caps", "repeats"] as const;
export type Rules = Record<(typeof RULES)[number], RuleChoice>;
export interface Settings extends RoomSettings {
  rules?: Partial<Rules>;
}

export interface Emote {
  name: string;
  url: string;
}
/** Everybody's emotes, and the channel's own. */
export interface EmoteSet {
  global: Emote[];
  channel?: Emote[];
  /** Emotes that a channel may have. */
  max?: number;
}
export interface Act {
  id: string;
  action: string;
  actor: Person | null;
  /** What it was done to, by id or name; a person where it was one. */
  target?: Person | string | null;
  /** Whom it concerns. */
  user?: Person | null;
  reason?: string | null;
  note?: string | null;
  until?: string | null;
  at: string;
  undoable?: boolean;
  undone_at?: string | null;
  undone_by?: Person | null;
  /** Settings by name, before and after. */
  changes?: Record<string, [unknown, unknown]>;
  /** What the message said, of one that was kept out. */
  text?: string;
  /** Of a poll. */
  question?: string;
  /** Id of the act that this one took back. */
  undid?: string;
}
export interface Ban {
  user: Person;
  kind: "ban" | "timeout";
  until?: string | null;
  reason?: string | null;
  note?: string | null;
  actor?: Person | null;
  at: string;
}
export interface Card {
  user: Person;
  roles?: string[];
  created_at?: string | null;
  first_message_at?: string | null;
  /** How often: `messages` (of the kept log), and each action of the audit log. */
  counts?: Record<string, number>;
  sanction?: Sanction | null;
  /** What was done to them here, newest first. */
  acts?: Act[];
  /** Newest first. */
  messages?: MessageFrame[];
}
export interface Term {
  id: string;
  term: string;
}
export interface Report {
  id: string;
  room?: string;
  /** The channel's name; null when it is gone. */
  channel?: string | null;
  /** `message`, `user` or `channel`. */
  about?: string;
  message?: { id?: string; text: string; user?: Person } | null;
  /** Where its image is, for who judges the report, as long as it is open. */
  image?: string;
  user?: Person | null;
  category: string;
  text: string;
  /** Whose: `room`, the channel's moderators, or `platform`, its staff. */
  queue?: string;
  /** `open`, `acted` or `dismissed`. */
  state: string;
  at: string;
  answer?: string | null;
  resolved_at?: string | null;
  /** For staff. */
  reporter?: Person | null;
  resolved_by?: Person | null;
  escalated_by?: Person | null;
}
export interface UnbanRequest {
  id: string;
  user: Person;
  text: string;
  at: string;
  /** `open`, `approved` or `denied`. */
  state: string;
  answer?: string | null;
}
/** What one is in a room. */
export interface Standing {
  roles: string[];
  sanction: Sanction;
}
export interface Bot {
  id: string;
  name: string;
  scopes: string[];
  made_at?: string;
  last_used_at?: string | null;
}
export interface Member {
  user_id: string;
  /** Null when the account is gone. */
  username: string | null;
  display_name: string | null;
  role: "moderator" | "vip";
}
export interface Blocked {
  user: Person;
}

const part = encodeURIComponent;
const inRoom = (room: string, rest: string) => `/api/chat/rooms/${part(room)}/${rest}`;
const get = <T>(path: string, signal?: AbortSignal) => api<T>(path, signal ? { signal } : {});
const post = <T>(path: string, body: unknown = {}) => api<T>(path, { method: "POST", body });
const put = <T>(path: string, body: unknown = {}) => api<T>(path, { method: "PUT", body });
const remove = (path: string, body?: unknown) =>
  api<void>(path, { method: "DELETE", ...(body === undefined ? {} : { body }) });

export const settings = (room: string, signal?: AbortSignal) =>
  get<Settings>(inRoom(room, "settings"), signal);
export const changeSettings = (room: string, change: Partial<Settings>) =>
  api<Settings>(inRoom(room, "settings"), { method: "PATCH", body: change });

export const deleteMessage = (room: string, id: string) => remove(inRoom(room, `messages/${part(id)}`));
export const clearMessagesOf = (room: string, user: string) =>
  remove(inRoom(room, `messages?user=${part(user)}`));

export const bans = (room: string, signal?: AbortSignal) => get<Page<Ban>>(inRoom(room, "bans"), signal);
/** Without a length for good; else a time-out, in seconds. */
export const ban = (
  room: string,
  user: string,
  body: { duration_s?: number; reason?: string; note?: string },
) => put<void>(inRoom(room, `bans/${part(user)}`), body);
export const unban = (room: string, user: string) => remove(inRoom(room, `bans/${part(user)}`));

export const audit = (room: string, cursor?: string, signal?: AbortSignal) =>
  get<Page<Act>>(inRoom(room, cursor ? `audit?cursor=${part(cursor)}` : "audit"), signal);
export const undo = (room: string, id: string) => post<void>(inRoom(room, `audit/${part(id)}/undo`));

export const card = (room: string, user: string, signal?: AbortSignal) =>
  get<Card>(inRoom(room, `users/${part(user)}`), signal);

export const terms = (room: string, signal?: AbortSignal) => get<Page<Term>>(inRoom(room, "terms"), signal);
export const addTerm = (room: string, term: string) => post<Term>(inRoom(room, "terms"), { term });
export const deleteTerm = (room: string, id: string) => remove(inRoom(room, `terms/${part(id)}`));

export const holds = (room: string, signal?: AbortSignal) =>
  get<Page<HeldFrame>>(inRoom(room, "holds"), signal);
/** One's own that wait, oldest first. */
export const ownHolds = (room: string) => get<Page<HeldFrame>>(inRoom(room, "holds?mine=1"));
export const approve = (room: string, hold: string) =>
  post<void>(inRoom(room, `holds/${part(hold)}/approve`));
export const deny = (room: string, hold: string) => post<void>(inRoom(room, `holds/${part(hold)}/deny`));

export const report = (body: {
  room: string;
  message_id?: string;
  user?: string;
  /** The channel itself. */
  channel?: true;
  category: string;
  text: string;
}) => post<{ id: string }>("/api/chat/reports", body);
export const reports = (room: string, signal?: AbortSignal) =>
  get<Page<Report>>(inRoom(room, "reports"), signal);
/** What one reported oneself, newest first. */
export const ownReports = (cursor: string | null, signal?: AbortSignal) =>
  get<Page<Report>>(`/api/chat/reports?mine=1${cursor ? `&cursor=${part(cursor)}` : ""}`, signal);
/** The platform's queue, oldest first; for its staff. */
export const platformReports = (state: "open" | "resolved", cursor: string | null, signal?: AbortSignal) =>
  get<Page<Report>>(`/api/chat/reports?state=${state}${cursor ? `&cursor=${part(cursor)}` : ""}`, signal);
/** What is done along with `acted` against whom a report is about, or its message. */
export type ReportAct = { action: "delete" } | { action: "timeout"; duration_s: number } | { action: "ban" };
export interface Resolution {
  outcome: "acted" | "dismissed" | "escalated";
  text?: string;
  act?: ReportAct;
}
export const resolveReport = (id: string, body: Resolution) =>
  post<void>(`/api/chat/reports/${part(id)}/resolve`, body);

export const standing = (room: string, signal?: AbortSignal) => get<Standing>(inRoom(room, "me"), signal);
export const askUnban = (room: string, text: string) => post<void>(inRoom(room, "unban-requests"), { text });
export const unbanRequests = (room: string, signal?: AbortSignal) =>
  get<Page<UnbanRequest>>(inRoom(room, "unban-requests"), signal);
/** One's own, oldest first. */
export const ownUnbanRequests = (room: string, signal?: AbortSignal) =>
  get<Page<UnbanRequest>>(inRoom(room, "unban-requests?mine=1&limit=100"), signal);
export const resolveUnbanRequest = (
  room: string,
  id: string,
  outcome: "approved" | "denied",
  text?: string,
) => post<void>(inRoom(room, `unban-requests/${part(id)}/resolve`), { outcome, ...(text ? { text } : {}) });

export const blocks = (signal?: AbortSignal) => get<Page<Blocked>>("/api/chat/blocks", signal);
export const block = (user: string) => put<void>(`/api/chat/blocks/${part(user)}`);
export const unblock = (user: string) => remove(`/api/chat/blocks/${part(user)}`);

export const emotes = (room: string, signal?: AbortSignal) => get<EmoteSet>(inRoom(room, "emotes"), signal);
export const addEmote = (room: string, name: string, file: Blob) =>
  api<Emote>(inRoom(room, `emotes?name=${part(name)}`), { method: "POST", file });
export const deleteEmote = (room: string, name: string) => remove(inRoom(room, `emotes/${part(name)}`));
export const addImage = (room: string, file: Blob) =>
  api<ChatImage>(inRoom(room, "images"), { method: "POST", file });

export const pin = (room: string, message: string) => put<void>(inRoom(room, "pin"), { message_id: message });
export const unpin = (room: string) => remove(inRoom(room, "pin"));
export const openPoll = (room: string, body: { question: string; options: string[]; duration_s: number }) =>
  post<void>(inRoom(room, "polls"), body);
export const closePoll = (room: string, id: string) => post<void>(inRoom(room, `polls/${part(id)}/close`));

export const bots = (room: string, signal?: AbortSignal) => get<Page<Bot>>(inRoom(room, "bots"), signal);
/** The token is in this answer only. */
export const createBot = (room: string, name: string, scopes: string[]) =>
  post<Bot & { token: string }>(inRoom(room, "bots"), { name, scopes });
export const revokeBot = (room: string, id: string) => remove(inRoom(room, `bots/${part(id)}`));

export const members = (signal?: AbortSignal) => get<Page<Member>>("/api/streams/me/members", signal);
export const setMember = (username: string, role: Member["role"]) =>
  put<void>(`/api/streams/me/members/${part(username)}`, { role });
export const removeMember = (username: string) => remove(`/api/streams/me/members/${part(username)}`);

export const chooseColour = (color: string) => put<void>("/api/chat/me", { color });
