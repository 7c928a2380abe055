/**
 * One viewer in one room: joins over a `Link`, resumes where it was, keeps the lines and the room's state, and sends each message with
 * a nonce, again after a reconnect, so that it appears once. Frames that come together are shown together, once a picture.
 *
 * The socket and the clock come from outside for tests. Nothing here throws; `snapshot` says what is going on.
 */
import type { MessageDescriptor } from "@lingui/core";
import { msg, t } from "@lingui/core/macro";
import type { Act } from "../api/chat";
import { language } from "../language/language";
import { say } from "../language/say";
import { Delivery } from "./delivery";
import {
  type ChatUser,
  type HeldFrame,
  isExempt,
  isLogFrame,
  type LogFrame,
  moderates,
  type ServerFrame,
} from "./frames";
import { Link, type LinkOptions } from "./link";
import {
  appliedAll,
  aside,
  EMPTY,
  joined,
  type Log,
  notUndoable,
  type Pending,
  pendingChanged,
  pendingDropped,
  pendingHeld,
  said,
} from "./log";
import { refusal } from "./refusals";
import { EMPTY_ROOM, type Room, seen } from "./room";

/** What became of a report, in words. */
const ANSWERS: Record<string, MessageDescriptor> = {
  acted: msg`Your report was right: the moderators acted on it.`,
  dismissed: msg`Your report was looked at, and nothing was found wrong.`,
  escalated: msg`Your report is with the platform's staff now.`,
};
/** Lines that wait for a picture at most; more are shown without one. */
const MAX_ARRIVED = 500;
/** Messages asked for at the first join. */
const HISTORY = 100;

export interface ChatSnapshot {
  status: "connecting" | "open" | "waiting";
  /** The signed-in user as the server knows them; null when only reading. */
  user: ChatUser | null;
  log: Log;
  /** The lines of a reader who looks further up: these stay while `log` goes on. Null at the end of the list. */
  held: Log | null;
  room: Room;
  /** A sentence about the last failure that belongs to no message. */
  notice: string | null;
  /** Where the last word of `notice` leads. */
  leads?: { to: string; words: string } | undefined;
  /** Banned here: reading goes on without an account. */
  banned: boolean;
  /** Milliseconds since 1970 before which writing is of no use. */
  writeAfter: number;
}

export const NOT_YET: ChatSnapshot = {
  status: "connecting",
  user: null,
  log: EMPTY,
  held: null,
  room: EMPTY_ROOM,
  notice: null,
  banned: false,
  writeAfter: 0,
};

export interface ChatOptions extends LinkOptions {
  room: string;
  /** Every frame of the room that is not a line of it, after it was taken. */
  onFrame?: (frame: ServerFrame) => void;
  /** What waits for a moderator in the room: all of it for moderators, else one's own. Asked for at each join. */
  holds?: (mine: boolean) => Promise<HeldFrame[]>;
  /** Runs `show` with the next picture, or soon when there are none. */
  frame?: (show: () => void) => void;
}

export interface Say {
  text: string;
  reply?: NonNullable<Pending["reply"]>;
  image?: string;
}

export class ChatConnection {
  private readonly link: Link;
  private isJoined = false;
  private roomId: string | null = null;
  private readonly delivery: Delivery;
  private listeners = new Set<() => void>();
  private ears = new Set<(frame: ServerFrame) => void>();
  private arrived: LogFrame[] = [];
  private state: ChatSnapshot = NOT_YET;

  constructor(private readonly options: ChatOptions) {
    this.link = new Link(options, {
      onStatus: (status) => {
        this.isJoined = false;
        this.change({ status });
      },
      onWelcome: (user) => {
        this.change({ user });
        this.show();
        const { last } = this.state.log;
        this.link.send({
          type: "join",
          room: options.room,
          history: HISTORY,
          ...(last ? { since: last } : {}),
        });
      },
      onReadOnly: () => this.change({ user: null }),
      onBanned: () => this.change({ banned: true, notice: null }),
      onFrame: (frame) => this.take(frame),
    });
    this.delivery = new Delivery({
      pending: () => this.state.log.pending,
      isOpen: () => this.isJoined && this.link.isOpen(),
      send: ({ text, nonce, reply, image }) =>
        this.link.send({
          type: "say",
          room: this.roomId ?? options.room,
          text,
          nonce,
          ...(reply ? { reply_to: reply.id } : {}),
          ...(image ? { image } : {}),
        }),
      failed: (nonce) => {
        const error = t`This message did not arrive.`;
        this.change({ log: pendingChanged(this.state.log, nonce, { state: "failed", error }) });
      },
    });
    this.link.connect();
  }

  snapshot = (): ChatSnapshot => this.state;
  subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  close(): void {
    this.delivery.close();
    this.listeners.clear();
    this.link.close();
  }

  tokenChanged(): void {
    this.link.tokenChanged();
  }

  nudge(): void {
    this.link.nudge();
  }

  /** The page is put away: no socket until the next `nudge`, which goes on behind the last line. */
  rest(): void {
    this.link.rest();
  }

  /** The ban of before is over. Should it not be, the server says so again. */
  comeBack(): void {
    if (!this.state.banned) return;
    this.change({ banned: false });
    this.link.readWithAccount();
  }

  say(message: string | Say): void {
    const nonce = freshNonce();
    const whole = typeof message === "string" ? { text: message } : message;
    this.change({ log: said(this.state.log, { ...whole, nonce, since: Date.now() }), notice: null });
    this.delivery.deliver(nonce);
  }

  vote(poll: string, option: number): void {
    this.link.send({
      type: "vote",
      room: this.roomId ?? this.options.room,
      poll,
      option,
      nonce: freshNonce(),
    });
  }

  /** Asks for a page of who is here; it comes as a frame. */
  askRoster(cursor?: string): void {
    this.link.send({ type: "roster", room: this.roomId ?? this.options.room, ...(cursor ? { cursor } : {}) });
  }

  /** Who wants frames that change neither lines nor room. Gives the way to stop. */
  listen(listener: (frame: ServerFrame) => void): () => void {
    this.ears.add(listener);
    return () => this.ears.delete(listener);
  }

  /** A failed message once more, under a new nonce. */
  retry(nonce: string): void {
    const message = this.state.log.pending.find((p) => p.nonce === nonce);
    if (!message) return;
    const { text, reply, image } = message;
    this.discard(nonce);
    this.say({ text, ...(reply ? { reply } : {}), ...(image ? { image } : {}) });
  }

  discard(nonce: string): void {
    this.delivery.settle(nonce);
    this.change({ log: pendingDropped(this.state.log, nonce) });
  }

  /** The reader looks further up: what is shown stays. */
  pause(): void {
    if (this.state.held) return;
    this.show();
    this.change({ held: this.state.log });
  }

  /** The reader is at the end again. */
  resume(): void {
    if (!this.state.held) return;
    this.show();
    this.change({ held: null, room: { ...this.state.room, skipped: 0 } });
  }

  putAwayPoll(): void {
    this.change({ room: { ...this.state.room, poll: null } });
  }

  /** An answer for this person among the lines. */
  answer(text: string): void {
    this.change({ log: aside(this.state.log, text) });
  }

  /** The act was taken back, or there is nothing left of it to take back. */
  undone(act: string): void {
    const { log, held } = this.state;
    this.change({ log: notUndoable(log, act), held: held && notUndoable(held, act) });
  }

  /** A sentence for this person, over the input until the next one. Without `leads` it is whole. */
  tell(notice: string | null, leads?: ChatSnapshot["leads"]): void {
    this.change({ notice, leads });
  }

  private take(frame: ServerFrame): void {
    if ("room" in frame && frame.type !== "joined" && frame.type !== "error") {
      if (this.roomId !== null && frame.room !== undefined && frame.room !== this.roomId) return;
    }
    if (isLogFrame(frame)) {
      this.arrive(frame);
      return;
    }
    switch (frame.type) {
      case "joined":
        this.roomId = frame.room;
        this.isJoined = true;
        this.link.settled();
        this.show();
        this.change({
          status: "open",
          notice: null,
          log: joined(this.state.log, frame.events, frame.complete),
          held: frame.complete
            ? this.state.held && appliedAll(this.state.held, frame.events, "oldest")
            : null,
          room: seen(this.state.room, frame, this.me()),
        });
        this.delivery.settleConfirmed();
        this.delivery.resend();
        void this.readHolds();
        break;
      case "you": {
        const before = this.state.room.roles;
        this.changeRoom(frame);
        void this.tellRoles(before, frame.roles);
        if (moderates(frame.roles) && !moderates(before)) void this.readHolds();
        break;
      }
      case "held":
        if (frame.nonce) {
          this.delivery.settle(frame.nonce);
          const waits = { state: "held" as const, hold: frame.hold_id };
          this.change({ log: pendingChanged(this.state.log, frame.nonce, waits) });
        }
        this.changeRoom(frame);
        break;
      case "hold_resolved":
        this.resolved(frame.hold_id, frame.outcome);
        this.changeRoom(frame);
        break;
      case "done":
        if (frame.nonce) this.discard(frame.nonce);
        this.change({ log: aside(this.state.log, frame.text) });
        break;
      case "moderation":
        if (frame.act.undid) this.undone(frame.act.undid);
        // A deletion is seen where the message stood.
        if (frame.act.action !== "delete") void this.tellAct(frame.act);
        break;
      case "report_answered": {
        const became = say(ANSWERS[frame.outcome]) ?? t`Your report was looked at.`;
        this.change({ log: aside(this.state.log, [became, frame.text].filter(Boolean).join(" ")) });
        break;
      }
      case "error":
        this.failed(frame);
        break;
      default:
        this.changeRoom(frame);
    }
    this.options.onFrame?.(frame);
    for (const ear of this.ears) ear(frame);
  }

  /** Lines wait for the next picture: at a hundred a second each of them alone would keep the page busy. */
  private arrive(frame: LogFrame): void {
    this.arrived.push(frame);
    if (this.arrived.length === 1) (this.options.frame ?? nextFrame)(() => this.show());
    else if (this.arrived.length >= MAX_ARRIVED) this.show();
  }

  private show(): void {
    const frames = this.arrived;
    if (frames.length === 0) return;
    this.arrived = [];
    const me = this.me();
    let { room, writeAfter } = this.state;
    for (const frame of frames) {
      const before = room.settings.slow_s;
      room = seen(room, frame, me);
      // A shorter pause, or none, begins to count now.
      if (room.settings.slow_s < before)
        writeAfter = Math.min(writeAfter, Date.now() + room.settings.slow_s * 1_000);
      const mine = frame.type === "message" && frame.user.id === me;
      if (mine && room.settings.slow_s > 0 && !isExempt(room.roles)) {
        const until = Date.now() + room.settings.slow_s * 1_000;
        // Only what was said now counts, not what `since` brought.
        if (Date.now() - Date.parse(frame.at) < 5_000) writeAfter = Math.max(writeAfter, until);
      }
    }
    const { held } = this.state;
    this.change({
      log: appliedAll(this.state.log, frames),
      held: held && appliedAll(held, frames, "oldest"),
      room,
      writeAfter,
    });
    this.delivery.settleConfirmed();
    if (this.options.onFrame) for (const frame of frames) this.options.onFrame(frame);
  }

  /** What waited before this page came, or while it was away. What is decided meanwhile is not brought back. */
  private async readHolds(): Promise<void> {
    const { holds } = this.options;
    const me = this.me();
    if (!holds || me === null) return;
    const decided = new Set<string>();
    const off = this.listen((frame) => {
      if (frame.type === "hold_resolved") decided.add(frame.hold_id);
    });
    const known = new Set(this.state.room.holds.map((h) => h.hold_id));
    const all = moderates(this.state.room.roles);
    try {
      const [mine, others] = await Promise.all([holds(true), all ? holds(false) : []]);
      if (this.me() !== me) return;
      const wait = (list: HeldFrame[]) => list.filter((h) => !decided.has(h.hold_id));
      const came = this.state.room.holds.filter((h) => !known.has(h.hold_id));
      const room: Room = { ...this.state.room, holds: [] };
      this.change({
        log: wait(mine).reduce(pendingHeld, this.state.log),
        room: [...wait(others), ...came].reduce((next, hold) => seen(next, hold, me), room),
      });
    } catch {
      // They are asked for again at the next join, and the moderation page has them.
    } finally {
      off();
    }
  }

  /** Moderators are told; for everybody else the words need not be there. */
  private async tellAct(act: Act): Promise<void> {
    try {
      const [{ actWords }] = await Promise.all([import("./act-words"), language.add(["rest"])]);
      const text = actWords(act, this.me());
      this.change({ log: aside(this.state.log, text, act.undoable ? act.id : undefined) });
    } catch {
      // The audit log has it.
    }
  }

  private async tellRoles(before: readonly string[], after: readonly string[]): Promise<void> {
    try {
      const { roleWords } = await import("./role-words");
      const text = roleWords(before, after);
      if (text) this.answer(text);
    } catch {
      // What they may do now is there without the words.
    }
  }

  private me(): string | null {
    return this.state.user?.id ?? null;
  }

  private changeRoom(frame: ServerFrame): void {
    const room = seen(this.state.room, frame, this.me());
    if (room === this.state.room) return;
    const until = frame.type === "sanction" && frame.kind === "none" ? { writeAfter: 0 } : {};
    this.change({ room, ...until });
  }

  private resolved(hold: string, outcome: string): void {
    const mine = this.state.log.pending.find((p) => p.hold === hold);
    if (!mine) return;
    if (outcome === "approved") {
      this.change({ log: pendingDropped(this.state.log, mine.nonce) });
      return;
    }
    const error =
      outcome === "denied"
        ? t`A moderator did not let this message through.`
        : t`No moderator looked at this message in time.`;
    this.change({ log: pendingChanged(this.state.log, mine.nonce, { state: "failed", error }) });
  }

  private failed(frame: Extract<ServerFrame, { type: "error" }>): void {
    const text = refusal(frame);
    let { writeAfter, room } = this.state;
    const until = frame.retry_after_ms ? Date.now() + frame.retry_after_ms : 0;
    if (frame.code === "timed_out" && until > 0) {
      room = {
        ...room,
        sanction: { ...room.sanction, kind: "timeout", until: new Date(until).toISOString() },
      };
    } else if (until > 0 && frame.code !== "followers_only") writeAfter = Math.max(writeAfter, until);
    if (frame.code === "banned") {
      // The socket may live on without the room: come back as a reader.
      this.link.readWithoutAccount();
      this.change({ banned: true });
      this.link.reconnect(1);
    }
    if (frame.nonce && this.state.log.pending.some((p) => p.nonce === frame.nonce)) {
      this.delivery.settle(frame.nonce);
      const log = pendingChanged(this.state.log, frame.nonce, { state: "failed", error: text });
      this.change({ writeAfter, room, log });
    } else {
      this.change({ notice: frame.code === "banned" ? null : text, leads: undefined, writeAfter, room });
    }
  }

  private change(part: Partial<ChatSnapshot>): void {
    this.state = { ...this.state, ...part };
    for (const listener of [...this.listeners]) listener();
  }
}

/** A page in the background gets no pictures: there a timer shows. The second call finds nothing to do. */
function nextFrame(show: () => void): void {
  if (typeof requestAnimationFrame === "function") {
    requestAnimationFrame(show);
    setTimeout(show, 250);
  } else setTimeout(show, 0);
}

/** `crypto.randomUUID` exists on https and localhost only; a plain-http address in the house must chat as well. */
function freshNonce(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(12));
  return [...bytes].map((b) => b.toString(16).padStart(2, "0")).join("");
}
