/**
 * What is true of a room beside its lines, as one viewer sees it: modes, the pinned message, the poll, who one is here, what waits for
 * a moderator. Pure: `seen` gives the next state for a frame, or the same object when the frame changes nothing.
 */
import type { HeldFrame, LogFrame, MessageFrame, Poll, RoomSettings, Sanction, ServerFrame } from "./frames";

/** Held messages that a moderator's page remembers; the moderation page reads the rest from the server. */
const MAX_HOLDS = 50;

export const OPEN_ROOM: RoomSettings = {
  slow_s: 0,
  followers_only_min: null,
  verified_only: false,
  emote_only: false,
  unique: false,
  links: "allow",
  shield: false,
  images: false,
};

/** What is pinned, and the id of the frame that said so: of two the one with the higher id counts. */
interface Pin {
  pinned: MessageFrame | null;
  pin: string;
}

export interface Room extends Pin {
  settings: RoomSettings;
  roles: string[];
  /** The open poll, or the last one to end until it is put away. */
  poll: Poll | null;
  /** Sockets and signed-in people in the room. */
  presence: { count: number; people: number | null } | null;
  sanction: Sanction | null;
  /** Others' messages that wait for this moderator. */
  holds: HeldFrame[];
  /** Messages that this reader was spared at a very high rate, since the last pause. */
  skipped: number;
}

export const EMPTY_ROOM: Room = {
  settings: OPEN_ROOM,
  roles: [],
  pinned: null,
  pin: "",
  poll: null,
  presence: null,
  sanction: null,
  holds: [],
  skipped: 0,
};

export function seen(room: Room, frame: ServerFrame, me: string | null): Room {
  switch (frame.type) {
    case "joined": {
      const before = room.poll;
      // One that was open when this page lost the connection may have ended meanwhile.
      const ended = frame.events.findLast((e) => e.type === "poll" && e.poll.id === before?.id);
      const closed = before?.state === "open" ? (ended?.type === "poll" ? ended.poll : null) : before;
      return {
        ...room,
        roles: frame.you?.roles ?? [],
        settings: { ...OPEN_ROOM, ...frame.settings },
        sanction: frame.you?.sanction ?? null,
        ...frame.events.reduce(pinAfter, {
          pinned: frame.pinned?.message ?? null,
          pin: frame.pinned?.id ?? "",
        }),
        poll: frame.poll ?? (closed?.state === "closed" ? closed : null),
        skipped: 0,
      };
    }
    case "settings":
      if (!frame.settings || (frame.settings.version ?? 0) < (room.settings.version ?? 0)) return room;
      return { ...room, settings: { ...OPEN_ROOM, ...frame.settings } };
    case "you":
      return { ...room, roles: frame.roles };
    case "pinned":
    case "deleted":
    case "cleared": {
      const before: Pin = room;
      const after = pinAfter(before, frame);
      return after === before ? room : { ...room, ...after };
    }
    case "poll":
      return { ...room, poll: frame.poll.state === "cancelled" ? null : frame.poll };
    case "poll_votes":
      if (room.poll?.id !== frame.poll) return room;
      return { ...room, poll: { ...room.poll, votes: frame.votes, voters: frame.voters } };
    case "presence":
      return { ...room, presence: { count: frame.count, people: frame.people ?? null } };
    case "sanction":
      return {
        ...room,
        sanction:
          frame.kind === "none"
            ? null
            : {
                kind: frame.kind,
                ...(frame.until ? { until: frame.until } : {}),
                ...(frame.reason ? { reason: frame.reason } : {}),
              },
      };
    case "held":
      // An author's own has no name on it.
      if (!frame.user || frame.user.id === me || room.holds.some((h) => h.hold_id === frame.hold_id))
        return room;
      return { ...room, holds: [...room.holds, frame].slice(-MAX_HOLDS) };
    case "hold_resolved":
      return { ...room, holds: room.holds.filter((h) => h.hold_id !== frame.hold_id) };
    case "skipped":
      return { ...room, skipped: room.skipped + frame.count };
    default:
      return room;
  }
}

/** What is pinned after a frame of the log; the same object when that changes nothing. */
function pinAfter(before: Pin, frame: LogFrame): Pin {
  const { pinned } = before;
  switch (frame.type) {
    case "pinned":
      return frame.id > before.pin ? { pinned: frame.message, pin: frame.id } : before;
    case "deleted":
      return pinned?.id === frame.message_id ? { pinned: null, pin: before.pin } : before;
    case "cleared": {
      const gone = pinned && pinned.id < frame.id && (!frame.user || pinned.user.id === frame.user);
      return gone ? { pinned: null, pin: before.pin } : before;
    }
    default:
      return before;
  }
}
