/**
 * A resumable server-sent event stream over `fetch`, because `EventSource` cannot carry an access token.
 *
 * It reconnects for ever with jittered back-off, sends `Last-Event-ID`, and treats silence as a dead connection (the
 * server sends a comment at least every 15 s). `open` is told at each connection, so that readers can fill what a gap
 * longer than the server's memory may have lost. A refusal (4xx) is reported and tried again slowly.
 */
import { authorized } from "../api/client";
import { backoff } from "./backoff";
import { EventParser, type ServerEvent } from "./event-parser";

/** Silence after which a connection is taken for dead. The server's comments come at least every 15 s. */
export const SILENCE_MS = 45_000;
/** Least wait after a refusal: asking again at once would be refused again. */
const REFUSED_WAIT_MS = 5_000;

export interface EventStreamOptions {
  url: string;
  /** The playback token that is shown, as it is at each connection. */
  pass?: () => string | null;
  onEvent: (event: ServerEvent) => void;
  /** Told at each connection; `resumed` when the server was asked to go on from an id. */
  onOpen?: (resumed: boolean) => void;
  onDown?: () => void;
  fetcher?: (url: string, init: RequestInit) => Promise<Response>;
  silenceMs?: number;
  wait?: (attempt: number) => number;
}

export class EventStream {
  private abort = new AbortController();
  private lastId = "";
  private closed = false;
  private wake: (() => void) | null = null;

  constructor(private readonly options: EventStreamOptions) {
    void this.run();
  }

  close(): void {
    this.closed = true;
    this.abort.abort();
    this.wake?.();
  }

  /** Skips the present wait, for example when the browser says it is online again. */
  nudge(): void {
    this.wake?.();
  }

  private async run(): Promise<void> {
    for (let attempt = 0; !this.closed; attempt++) {
      let refused = false;
      try {
        const got = await this.connection(() => {
          attempt = 0;
        });
        refused = got === "refused";
      } catch {
        // Cut, refused by the network or silent for too long: all the same, try again.
      }
      if (this.closed) return;
      this.options.onDown?.();
      const wait = (this.options.wait ?? backoff)(attempt);
      await this.sleep(refused ? Math.max(wait, REFUSED_WAIT_MS) : wait);
    }
  }

  private async connection(opened: () => void): Promise<"ended" | "refused"> {
    this.abort = new AbortController();
    const abort = this.abort;
    let silence: ReturnType<typeof setTimeout> | undefined;
    const heard = () => {
      clearTimeout(silence);
      silence = setTimeout(() => abort.abort(), this.options.silenceMs ?? SILENCE_MS);
    };
    heard();
    try {
      const response = await authorized((token) => {
        const headers: Record<string, string> = { Accept: "text/event-stream" };
        if (this.lastId) headers["Last-Event-ID"] = this.lastId;
        if (token) headers.Authorization = `Bearer ${token}`;
        const pass = this.options.pass?.();
        if (pass) headers["X-Playback-Token"] = pass;
        const init: RequestInit = {
          headers,
          signal: abort.signal,
          cache: "no-store",
          credentials: "same-origin",
        };
        return (this.options.fetcher ?? fetch)(this.options.url, init);
      });
      if (!response.ok || !response.body) return "refused";
      opened();
      this.options.onOpen?.(this.lastId !== "");
      const parser = new EventParser();
      const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
      for (;;) {
        const { done, value } = await reader.read();
        if (done) return "ended";
        heard();
        for (const event of parser.push(value)) {
          if (event.id) this.lastId = event.id;
          if (!this.closed) this.options.onEvent(event);
        }
      }
    } finally {
      clearTimeout(silence);
      abort.abort();
    }
  }

  private sleep(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(done, ms);
      const self = this;
      function done() {
        clearTimeout(timer);
        self.wake = null;
        resolve();
      }
      this.wake = done;
    });
  }
}
