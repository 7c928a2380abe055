/**
 * One viewer's connection to one room. Reconnects for ever with jittered back-off and resumes where it was; sends each
 * message with a nonce and again after a reconnect, so that it appears once; turns read-only when the token ends.
 *
 * The socket and the clock come from outside for tests. Nothing here throws; `snapshot` says what is going on.
 */
import { backoff } from "../live/backoff";
import { type ChatUser, type ClientFrame, errorSentence, readFrame, type ServerFrame } from "./frames";
import { applied, EMPTY, joined, type Log, pendingChanged, pendingDropped, said } from "./log";

/** The server takes the same nonce for the same message for two minutes; after that a retry could appear twice. */
const NONCE_LIFE_MS = 110_000;
/** An unconfirmed message is sent again after so long, while the connection is open. */
const CONFIRM_MS = 6_000;
/** Tries of one message on open connections before it is called failed. */
const MAX_TRIES = 3;
/** Messages asked for at the first join. */
const HISTORY = 100;
/** Until `welcome` says otherwise. */
const DEFAULT_HEARTBEAT_MS = 30_000;
/** A server that asked to be left alone (flooding, protocol error) is, for so long. */
const PENALTY_MS = 15_000;

export interface ChatSnapshot {
  status: "connecting" | "open" | "waiting";
  /** The signed-in user as the server knows them; null when only reading. */
  user: ChatUser | null;
  log: Log;
  /** A sentence about the last failure that belongs to no message. */
  notice: string | null;
  /** Banned here: reading goes on without an account. */
  banned: boolean;
  /** Milliseconds since 1970 before which writing is of no use. */
  writeAfter: number;
}

export interface ChatOptions {
  room: string;
  url: string;
  token: () => string | null;
  /** Asks for a fresh token; the session announces it by `tokenChanged`. */
  renew: () => Promise<string | null>;
  onStream?: (state: string, viewers: number | undefined) => void;
  socket?: (url: string) => WebSocket;
  wait?: (attempt: number) => number;
}

export class ChatConnection {
  private socket: WebSocket | null = null;
  private attempt = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private beat: ReturnType<typeof setInterval> | undefined;
  private heardAt = 0;
  private closed = false;
  private isJoined = false;
  private roomId: string | null = null;
  private usedToken: string | null = null;
  private badTokens = 0;
  private tries = new Map<string, { count: number; timer: ReturnType<typeof setTimeout> }>();
  private listeners = new Set<() => void>();
  private state: ChatSnapshot = {
    status: "connecting",
    user: null,
    log: EMPTY,
    notice: null,
    banned: false,
    writeAfter: 0,
  };

  constructor(private readonly options: ChatOptions) {
    this.connect();
  }

  snapshot = (): ChatSnapshot => this.state;
  subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  close(): void {
    this.closed = true;
    clearTimeout(this.timer);
    for (const { timer } of this.tries.values()) clearTimeout(timer);
    this.tries.clear();
    this.leave();
    this.listeners.clear();
  }

  /** The session has another token (or none): tell the server, or start over as a visitor. */
  tokenChanged(): void {
    const token = this.allowedToken();
    if (token === this.usedToken) return;
    if (token && this.state.user && this.socket?.readyState === 1) {
      this.usedToken = token;
      this.send({ type: "auth", token });
    } else {
      this.reconnect(0);
    }
  }

  say(text: string): void {
    const nonce = freshNonce();
    this.change({ log: said(this.state.log, nonce, text, Date.now()), notice: null });
    this.deliver(nonce);
  }

  /** A failed message once more. After the nonce's life it goes as a new one. */
  retry(nonce: string): void {
    const message = this.state.log.pending.find((p) => p.nonce === nonce);
    if (!message) return;
    this.discard(nonce);
    this.say(message.text);
  }

  discard(nonce: string): void {
    this.settled(nonce);
    this.change({ log: pendingDropped(this.state.log, nonce) });
  }

  /** Skips the present wait. */
  nudge(): void {
    if (this.state.status === "waiting") this.connect();
  }

  private connect(): void {
    clearTimeout(this.timer);
    if (this.closed) return;
    this.leave();
    this.change({ status: "connecting" });
    let socket: WebSocket;
    try {
      socket = (this.options.socket ?? ((url) => new WebSocket(url)))(this.options.url);
    } catch {
      this.later(backoff(this.attempt++));
      return;
    }
    this.socket = socket;
    socket.onopen = () => {
      if (socket !== this.socket) return;
      this.heardAt = Date.now();
      this.usedToken = this.allowedToken();
      this.send({ type: "hello", v: 1, ...(this.usedToken ? { token: this.usedToken } : {}) });
    };
    socket.onmessage = (event) => {
      if (socket !== this.socket) return;
      this.heardAt = Date.now();
      const frame = readFrame(event.data);
      if (frame) this.take(frame);
    };
    socket.onclose = (event) => {
      if (socket === this.socket) this.lost(event.code);
    };
  }

  private allowedToken(): string | null {
    return this.state.banned || this.badTokens > 1 ? null : this.options.token();
  }

  private take(frame: ServerFrame): void {
    switch (frame.type) {
      case "welcome":
        this.change({ user: frame.user });
        this.startBeat(frame.heartbeat_ms ?? DEFAULT_HEARTBEAT_MS);
        this.join();
        return;
      case "joined":
        this.roomId = frame.room;
        this.isJoined = true;
        this.attempt = 0;
        this.badTokens = 0;
        this.change({
          status: "open",
          notice: null,
          log: joined(this.state.log, frame.events, frame.complete),
        });
        this.settleConfirmed();
        this.resend();
        return;
      case "message":
      case "deleted":
      case "cleared":
      case "settings":
        if (this.roomId !== null && frame.room !== this.roomId) return;
        this.change({ log: applied(this.state.log, frame) });
        this.settleConfirmed();
        return;
      case "auth_expiring":
        void this.options.renew();
        return;
      case "auth":
        if (frame.state === "read_only") {
          this.change({ user: null });
          void this.options.renew();
        } else if (!this.state.user) this.reconnect(0);
        return;
      case "held":
        if (frame.nonce) {
          this.settled(frame.nonce);
          this.change({ log: pendingChanged(this.state.log, frame.nonce, { state: "held" }) });
        }
        return;
      case "stream":
        this.options.onStream?.(frame.state, frame.viewers);
        return;
      case "reconnect":
        this.reconnect((frame.after_ms ?? 0) * (1 + Math.random() * 0.5));
        return;
      case "error":
        this.failed(frame);
        return;
      default:
        return;
    }
  }

  private join(): void {
    const { last } = this.state.log;
    this.send({ type: "join", room: this.options.room, history: HISTORY, ...(last ? { since: last } : {}) });
  }

  private failed(frame: Extract<ServerFrame, { type: "error" }>): void {
    const text = errorSentence(frame);
    const writeAfter = frame.retry_after_ms ? Date.now() + frame.retry_after_ms : this.state.writeAfter;
    if (frame.nonce && this.state.log.pending.some((p) => p.nonce === frame.nonce)) {
      this.settled(frame.nonce);
      this.change({
        writeAfter,
        log: pendingChanged(this.state.log, frame.nonce, { state: "failed", error: text }),
      });
    } else {
      this.change({ notice: text, writeAfter });
    }
  }

  private deliver(nonce: string): void {
    const message = this.state.log.pending.find((p) => p.nonce === nonce);
    if (message?.state !== "sending") return;
    if (!this.isJoined || this.socket?.readyState !== 1) return;
    const count = (this.tries.get(nonce)?.count ?? 0) + 1;
    clearTimeout(this.tries.get(nonce)?.timer);
    if (count > MAX_TRIES || Date.now() - message.since > NONCE_LIFE_MS) {
      this.settled(nonce);
      const error = "This message did not arrive.";
      this.change({ log: pendingChanged(this.state.log, nonce, { state: "failed", error }) });
      return;
    }
    this.tries.set(nonce, { count, timer: setTimeout(() => this.deliver(nonce), CONFIRM_MS) });
    this.send({ type: "say", room: this.roomId ?? this.options.room, text: message.text, nonce });
  }

  private resend(): void {
    for (const message of this.state.log.pending) {
      if (message.state !== "sending") continue;
      const known = this.tries.get(message.nonce);
      if (known) {
        clearTimeout(known.timer);
        this.tries.set(message.nonce, { count: 0, timer: known.timer });
      }
      this.deliver(message.nonce);
    }
  }

  private settled(nonce: string): void {
    clearTimeout(this.tries.get(nonce)?.timer);
    this.tries.delete(nonce);
  }

  private settleConfirmed(): void {
    for (const nonce of [...this.tries.keys()]) {
      if (!this.state.log.pending.some((p) => p.nonce === nonce)) this.settled(nonce);
    }
  }

  private lost(code: number): void {
    this.leave();
    const wait = (this.options.wait ?? backoff)(this.attempt++);
    switch (code) {
      case 4001:
        this.badTokens++;
        void this.options.renew().finally(() => this.later(wait));
        this.change({ status: "waiting" });
        return;
      case 4003:
        this.change({ banned: true, notice: "You are banned from this chat." });
        this.later(wait);
        return;
      case 4009:
      case 4029:
        this.later(Math.max(wait, PENALTY_MS));
        return;
      default:
        this.later(wait);
    }
  }

  private reconnect(ms: number): void {
    if (this.closed) return;
    if (ms <= 0) {
      this.connect();
      return;
    }
    // Reading goes on until it is time to leave.
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.connect(), ms);
  }

  private later(ms: number): void {
    if (this.closed) return;
    this.change({ status: "waiting" });
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.connect(), ms);
  }

  private leave(): void {
    clearInterval(this.beat);
    this.isJoined = false;
    const { socket } = this;
    this.socket = null;
    if (!socket) return;
    socket.onopen = null;
    socket.onmessage = null;
    socket.onclose = null;
    if (socket.readyState <= 1) socket.close(1000);
  }

  private startBeat(ms: number): void {
    clearInterval(this.beat);
    const pace = Math.max(1_000, ms);
    this.beat = setInterval(() => {
      if (Date.now() - this.heardAt > pace * 2.5) this.lost(1006);
      else this.send({ type: "ping" });
    }, pace);
  }

  private send(frame: ClientFrame): void {
    if (this.socket?.readyState === 1) this.socket.send(JSON.stringify(frame));
  }

  private change(part: Partial<ChatSnapshot>): void {
    this.state = { ...this.state, ...part };
    for (const listener of [...this.listeners]) listener();
  }
}

/** `crypto.randomUUID` exists on https and localhost only; a plain-http address in the house must chat as well. */
function freshNonce(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(12));
  return [...bytes].map((b) => b.toString(16).padStart(2, "0")).join("");
}
