/**
 * The list of a room's lines as one viewer sees it. Pure: each function gives a new log. Sorted by id, each id once, bounded; own
 * messages wait at the end until the server's copy with their nonce comes. Deleted text is gone from lines, quotes and memory.
 */
import type { ChatUser, HeldFrame, LogFrame, MessageFrame, NoticeFrame, Poll } from "./frames";

/** Older ones leave the list; a longer one makes memory suffer on long evenings. */
export const MAX_LINES = 400;
/** While somebody reads further up the oldest stay, and after so many the newest wait outside. */
export const MAX_HELD_LINES = 1_000;

export interface MessageLine extends MessageFrame {
  kind: "message";
  removed: false | "author" | "moderator";
}
export interface NoticeLine {
  kind: "notice";
  id: string;
  notice: NoticeFrame;
}
export interface PollLine {
  kind: "poll";
  id: string;
  poll: Poll;
}
/** What the server said to this person alone: the answer to a command, or what another moderator did. */
export interface AsideLine {
  kind: "aside";
  id: string;
  text: string;
  /** Id of the act that it tells of and that can be undone. */
  act?: string;
}
export type Line = MessageLine | NoticeLine | PollLine | AsideLine;

export interface Pending {
  nonce: string;
  text: string;
  /** Milliseconds since 1970 of the first try: the server takes one nonce for the same message for two minutes. */
  since: number;
  state: "sending" | "held" | "failed";
  reply?: { id: string; user: Pick<ChatUser, "id" | "username" | "display_name" | "badges">; text: string };
  image?: string;
  /** Set while it waits for a moderator. */
  hold?: string;
  /** Why it failed. */
  error?: string;
}

export interface Log {
  lines: Line[];
  pending: Pending[];
  /** Id of the newest frame of the log, of whatever kind; where to resume. */
  last: string | null;
  /** Lines that came since the start; the difference of two is how many are new. */
  came: number;
}

export const EMPTY: Log = { lines: [], pending: [], last: null, came: 0 };

/** Which end stays when there are too many lines. */
export type Keep = "newest" | "oldest";

export function applied(log: Log, frame: LogFrame): Log {
  return appliedAll(log, [frame]);
}

/** All of them, with one copy of the list. */
export function appliedAll(log: Log, frames: readonly LogFrame[], keep: Keep = "newest"): Log {
  if (frames.length === 0) return log;
  const next: Log = { ...log, lines: log.lines.slice() };
  for (const frame of frames) {
    if (next.last === null || frame.id > next.last) next.last = frame.id;
    take(next, frame);
  }
  if (keep === "newest" && next.lines.length > MAX_LINES) next.lines = next.lines.slice(-MAX_LINES);
  if (keep === "oldest" && next.lines.length > MAX_HELD_LINES)
    next.lines = next.lines.slice(0, MAX_HELD_LINES);
  return next;
}

function take(log: Log, frame: LogFrame): void {
  switch (frame.type) {
    case "message":
      // One that a moderator let through comes under a nonce of its own.
      if (frame.nonce)
        log.pending = log.pending.filter((p) => p.nonce !== frame.nonce && `hold-${p.hold}` !== frame.nonce);
      place(log, { ...frame, kind: "message", removed: false });
      return;
    case "notice":
      place(log, { kind: "notice", id: frame.id, notice: frame });
      return;
    case "poll":
      place(log, { kind: "poll", id: frame.id, poll: frame.poll });
      return;
    case "deleted":
      log.lines = log.lines.map((line) =>
        line.kind === "message" ? without(line, (id) => id === frame.message_id, frame.by) : line,
      );
      return;
    case "cleared": {
      const { user } = frame;
      if (!user) {
        log.lines = log.lines.filter((line) => line.id > frame.id);
        return;
      }
      const gone = new Set<string>();
      for (const line of log.lines) {
        if (line.kind === "message" && line.user.id === user && line.id < frame.id) gone.add(line.id);
      }
      log.lines = log.lines.map((line) => {
        if (line.kind !== "message") return line;
        // A quote may be of a line that has left the list.
        const quoted = line.reply?.user.id === user && line.id < frame.id;
        return without(line, (id) => gone.has(id) || (quoted && id === line.reply_to), "moderator");
      });
      return;
    }
    case "settings":
    case "pinned":
      return;
  }
}

/** The line as it is when some messages are gone: itself without its text, or its quote. */
function without(
  line: MessageLine,
  gone: (id: string) => boolean,
  by: "author" | "moderator" = "moderator",
): MessageLine {
  const quoteGone = line.reply !== undefined && line.reply_to !== undefined && gone(line.reply_to);
  if (!gone(line.id) && !quoteGone) return line;
  const { reply: _quote, ...rest } = line;
  if (!gone(line.id)) return rest;
  const { image: _image, emotes: _emotes, mentions: _mentions, announcement: _announcement, ...bare } = rest;
  return { ...bare, text: "", removed: by };
}

function place(log: Log, line: Line): void {
  const { lines } = log;
  let at = lines.length;
  while (at > 0 && (lines[at - 1]?.id ?? "") > line.id) at--;
  if (at > 0 && lines[at - 1]?.id === line.id) return;
  lines.splice(at, 0, line);
  log.came++;
}

/** What `joined` brought. After a gap too long for the server's memory the old lines would lie: start over. */
export function joined(log: Log, events: LogFrame[], complete: boolean): Log {
  const start = complete || log.last === null ? log : { ...EMPTY, pending: log.pending, came: log.came };
  return appliedAll(start, events);
}

/** An answer to this person, after what was said last. The next frame's id sorts behind it. */
export function aside(log: Log, text: string, act?: string): Log {
  const newest = log.lines.at(-1)?.id ?? log.last ?? "0";
  const base = log.last !== null && log.last > newest ? log.last : newest;
  const line: AsideLine = { kind: "aside", id: `${base}~`, text, ...(act ? { act } : {}) };
  return { ...log, lines: [...log.lines, line].slice(-MAX_LINES), came: log.came + 1 };
}

export function said(log: Log, message: Omit<Pending, "state">): Log {
  return { ...log, pending: [...log.pending, { ...message, state: "sending" }] };
}

export function pendingChanged(log: Log, nonce: string, change: Partial<Pending>): Log {
  return { ...log, pending: log.pending.map((p) => (p.nonce === nonce ? { ...p, ...change } : p)) };
}

export function pendingDropped(log: Log, nonce: string): Log {
  return { ...log, pending: log.pending.filter((p) => p.nonce !== nonce) };
}

/** An own message that waits since before this page was loaded. */
export function pendingHeld(log: Log, held: HeldFrame): Log {
  if (log.pending.some((p) => p.hold === held.hold_id)) return log;
  const since = Date.parse(held.at ?? "") || 0;
  const waits: Pending = {
    nonce: `hold-${held.hold_id}`,
    text: held.text,
    since,
    state: "held",
    hold: held.hold_id,
    ...(held.image ? { image: held.image.id } : {}),
  };
  return { ...log, pending: [waits, ...log.pending] };
}

/** An act was taken back, or cannot be: its line offers that no more. */
export function notUndoable(log: Log, act: string): Log {
  if (!log.lines.some((line) => line.kind === "aside" && line.act === act)) return log;
  const lines = log.lines.map((line) => {
    if (line.kind !== "aside" || line.act !== act) return line;
    const { act: _act, ...bare } = line;
    return bare;
  });
  return { ...log, lines };
}
