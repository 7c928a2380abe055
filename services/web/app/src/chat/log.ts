/**
 * The list of a room's messages as one viewer sees it. Pure: each function gives a new log. Sorted by id, each id once,
 * at most `MAX_MESSAGES` long; own messages wait at the end until the server's copy with their nonce comes.
 */
import type { ChatUser, LogFrame, MessageFrame } from "./frames";

/** Older ones leave the list; a longer one makes scrolling and memory suffer on long evenings. */
export const MAX_MESSAGES = 400;

export interface Line {
  id: string;
  user: ChatUser;
  text: string;
  at: string;
  removed: boolean;
}

export interface Pending {
  nonce: string;
  text: string;
  /** Milliseconds since 1970 of the first try: the server takes one nonce for the same message for two minutes. */
  since: number;
  state: "sending" | "held" | "failed";
  /** Why it failed. */
  error?: string;
}

export interface Log {
  lines: Line[];
  pending: Pending[];
  /** Id of the newest frame of the log, of whatever kind; where to resume. */
  last: string | null;
}

export const EMPTY: Log = { lines: [], pending: [], last: null };

export function applied(log: Log, frame: LogFrame): Log {
  const last = log.last === null || frame.id > log.last ? frame.id : log.last;
  switch (frame.type) {
    case "message":
      return withMessage({ ...log, last }, frame);
    case "deleted":
      return { ...log, last, lines: log.lines.map((l) => (l.id === frame.message_id ? removed(l) : l)) };
    case "cleared":
      return {
        ...log,
        last,
        lines: frame.user
          ? log.lines.map((l) => (l.user.id === frame.user && l.id < frame.id ? removed(l) : l))
          : log.lines.filter((l) => l.id > frame.id),
      };
    case "settings":
      return { ...log, last };
  }
}

function removed(line: Line): Line {
  return { ...line, text: "", removed: true };
}

function withMessage(log: Log, frame: MessageFrame): Log {
  const pending = frame.nonce ? log.pending.filter((p) => p.nonce !== frame.nonce) : log.pending;
  const line: Line = { id: frame.id, user: frame.user, text: frame.text, at: frame.at, removed: false };
  let at = log.lines.length;
  while (at > 0 && (log.lines[at - 1]?.id ?? "") > line.id) at--;
  if (at > 0 && log.lines[at - 1]?.id === line.id) return { ...log, pending };
  const lines = [...log.lines.slice(0, at), line, ...log.lines.slice(at)];
  return { ...log, pending, lines: lines.length > MAX_MESSAGES ? lines.slice(-MAX_MESSAGES) : lines };
}

/** What `joined` brought. After a gap too long for the server's memory the old lines would lie: start over. */
export function joined(log: Log, events: LogFrame[], complete: boolean): Log {
  const start = complete || log.last === null ? log : { ...EMPTY, pending: log.pending };
  return events.reduce(applied, start);
}

export function said(log: Log, nonce: string, text: string, now: number): Log {
  return { ...log, pending: [...log.pending, { nonce, text, since: now, state: "sending" }] };
}

export function pendingChanged(log: Log, nonce: string, change: Partial<Pending>): Log {
  return { ...log, pending: log.pending.map((p) => (p.nonce === nonce ? { ...p, ...change } : p)) };
}

export function pendingDropped(log: Log, nonce: string): Log {
  return { ...log, pending: log.pending.filter((p) => p.nonce !== nonce) };
}
