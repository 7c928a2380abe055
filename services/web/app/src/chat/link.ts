/**
 * The WebSocket of one viewer to one room: hello, token, heartbeat, and reconnection for ever with jittered back-off. What frames
 * mean is `connection`'s. A socket that breaks, stays silent or is told to leave is replaced; nothing here throws.
 */
import { backoff } from "../live/backoff";
import { type ChatUser, type ClientFrame, readFrame, type ServerFrame } from "./frames";

/** Where `welcome` says nothing of it. */
const DEFAULT_HEARTBEAT_MS = 30_000;
/** From the first attempt of the socket to `welcome`: a way that opens and carries nothing is given up then. */
const WELCOME_MS = 15_000;
/** A server that asked to be left alone (flooding, protocol error) is, for so long. */
const PENALTY_MS = 15_000;

export interface LinkOptions {
  url: string;
  token: () => string | null;
  /** Asks for a fresh token; the session announces it by `tokenChanged`. */
  renew: () => Promise<string | null>;
  socket?: (url: string) => WebSocket;
  wait?: (attempt: number) => number;
}

export interface LinkEvents {
  onStatus: (status: "connecting" | "waiting") => void;
  /** The socket is taken: time to join. */
  onWelcome: (user: ChatUser | null) => void;
  onFrame: (frame: ServerFrame) => void;
  onReadOnly: () => void;
  onBanned: () => void;
}

export class Link {
  private socket: WebSocket | null = null;
  private attempt = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;
  /** Until `welcome` the wait for it, then the heartbeat. */
  private beat: ReturnType<typeof setTimeout> | undefined;
  private heardAt = 0;
  private closed = false;
  private waiting = false;
  private banned = false;
  private signedIn = false;
  private usedToken: string | null = null;
  private badTokens = 0;

  constructor(
    private readonly options: LinkOptions,
    private readonly events: LinkEvents,
  ) {}

  connect(): void {
    clearTimeout(this.timer);
    if (this.closed) return;
    this.leave();
    this.waiting = false;
    this.events.onStatus("connecting");
    let socket: WebSocket;
    try {
      socket = (this.options.socket ?? ((url) => new WebSocket(url)))(this.options.url);
    } catch {
      this.later(backoff(this.attempt++));
      return;
    }
    this.socket = socket;
    this.beat = setTimeout(() => {
      if (socket === this.socket) this.lost(1006);
    }, WELCOME_MS);
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

  isOpen(): boolean {
    return this.socket?.readyState === 1;
  }

  send(frame: ClientFrame): void {
    if (this.isOpen()) this.socket?.send(JSON.stringify(frame));
  }

  /** The room was entered: what failed before is forgotten. */
  settled(): void {
    this.attempt = 0;
    this.badTokens = 0;
  }

  /** The session has another token (or none): tell the server, or start over as a visitor. */
  tokenChanged(): void {
    const token = this.allowedToken();
    if (token === this.usedToken) return;
    if (token && this.signedIn && this.isOpen()) {
      this.usedToken = token;
      this.send({ type: "auth", token });
    } else {
      this.reconnect(0);
    }
  }

  /** Skips the present wait. */
  nudge(): void {
    if (this.waiting) this.connect();
  }

  /** No socket until the next `nudge`. */
  rest(): void {
    if (this.closed) return;
    clearTimeout(this.timer);
    this.leave();
    this.waiting = true;
    this.events.onStatus("waiting");
  }

  /** From now on without an account. */
  readWithoutAccount(): void {
    this.banned = true;
  }

  /** With the account again: the ban is over. */
  readWithAccount(): void {
    if (!this.banned) return;
    this.banned = false;
    this.reconnect(0);
  }

  /** Connects anew after `ms`; reading goes on until then. */
  reconnect(ms: number): void {
    if (this.closed) return;
    clearTimeout(this.timer);
    if (ms <= 0) this.connect();
    else this.timer = setTimeout(() => this.connect(), ms);
  }

  close(): void {
    this.closed = true;
    clearTimeout(this.timer);
    this.leave();
  }

  private allowedToken(): string | null {
    return this.banned || this.badTokens > 1 ? null : this.options.token();
  }

  private take(frame: ServerFrame): void {
    switch (frame.type) {
      case "welcome":
        this.signedIn = frame.user !== null;
        this.startBeat(frame.heartbeat_ms ?? DEFAULT_HEARTBEAT_MS);
        this.events.onWelcome(frame.user);
        return;
      case "auth_expiring":
        void this.options.renew();
        return;
      case "auth":
        if (frame.state === "read_only") {
          this.signedIn = false;
          this.events.onReadOnly();
          void this.options.renew();
        } else if (!this.signedIn) this.reconnect(0);
        return;
      case "reconnect":
        this.reconnect((frame.after_ms ?? 0) * (1 + Math.random() * 0.5));
        return;
      case "pong":
        return;
      default:
        this.events.onFrame(frame);
    }
  }

  private lost(code: number): void {
    this.leave();
    const wait = (this.options.wait ?? backoff)(this.attempt++);
    switch (code) {
      case 4001:
        this.badTokens++;
        this.waiting = true;
        this.events.onStatus("waiting");
        void this.options.renew().finally(() => this.later(wait));
        return;
      case 4003:
        this.banned = true;
        this.events.onBanned();
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

  private later(ms: number): void {
    if (this.closed) return;
    this.waiting = true;
    this.events.onStatus("waiting");
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.connect(), ms);
  }

  private leave(): void {
    clearInterval(this.beat);
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
}
