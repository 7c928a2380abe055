/**
 * One event stream for the whole tab. Parts of the page subscribe to topics; the hub keeps a single connection for the
 * union of them (browsers allow six per origin on HTTP/1.1, and the player needs some) and opens a new one when the union
 * changes. The server begins each connection with the present state of every topic, so nothing is lost by that.
 */
import type { PushedEvents } from "../api/contract";
import { EventStream } from "./event-stream";
import { watchRest } from "./page-rest";

export type Pushed = { [K in keyof PushedEvents]: { event: K; data: PushedEvents[K] } }[keyof PushedEvents];

export interface Subscriber {
  topics: string[];
  onEvent: (pushed: Pushed) => void;
  /** At each connection; `again` when an earlier one was lost, and with it perhaps some events. */
  onOpen?: (again: boolean) => void;
}

/** Pages swap subscriptions while they render; changes this close together make one connection. */
const SETTLE_MS = 30;

class EventHub {
  private subscribers = new Set<Subscriber>();
  private stream: EventStream | null = null;
  private url = "";
  private pass: string | null = null;
  private timer: ReturnType<typeof setTimeout> | null = null;
  private down = false;
  private resting = false;
  private watchers = new Set<() => void>();

  subscribe(subscriber: Subscriber): () => void {
    this.subscribers.add(subscriber);
    this.settle();
    return () => {
      this.subscribers.delete(subscriber);
      this.settle();
    };
  }

  /** Connects anew, with the token of now: sign-in and sign-out change what may be seen. */
  restart(): void {
    this.url = "";
    this.settle();
  }

  /** The playback token of who watches by a link, without which that channel's events are for others. A newer one goes with the next connection. */
  show(pass: string | null): void {
    const isNews = (pass === null) !== (this.pass === null);
    this.pass = pass;
    if (isNews) this.restart();
  }

  nudge(): void {
    this.stream?.nudge();
  }

  /** No connection until `wake`. */
  rest(): void {
    this.resting = true;
    this.stream?.close();
    this.stream = null;
  }

  /** Whoever has subscribed is told that events may have been lost. */
  wake(): void {
    this.resting = false;
    this.url = "";
    this.connect(true);
  }

  /** True while the connection is lost. */
  isDown = (): boolean => this.down;

  watchDown = (watcher: () => void): (() => void) => {
    this.watchers.add(watcher);
    return () => this.watchers.delete(watcher);
  };

  private settle(): void {
    if (this.timer) return;
    this.timer = setTimeout(() => {
      this.timer = null;
      this.connect();
    }, SETTLE_MS);
  }

  /** `again`: there was one before, which may have missed something. */
  private connect(again = false): void {
    if (this.resting) return;
    const topics = [...new Set([...this.subscribers].flatMap((s) => s.topics))].sort();
    const url = topics.length ? `/api/events?topics=${topics.map(encodeURIComponent).join(",")}` : "";
    if (url === this.url) return;
    this.stream?.close();
    this.stream = null;
    this.url = url;
    if (!url) return;
    let reopened = again;
    this.stream = new EventStream({
      url,
      pass: () => this.pass,
      onOpen: () => {
        this.setDown(false);
        for (const s of [...this.subscribers]) s.onOpen?.(reopened);
        reopened = true;
      },
      onDown: () => this.setDown(true),
      onEvent: ({ event, data }) => {
        let parsed: unknown;
        try {
          parsed = JSON.parse(data);
        } catch {
          return;
        }
        if (typeof parsed !== "object" || parsed === null) return;
        for (const s of [...this.subscribers]) s.onEvent({ event, data: parsed } as Pushed);
      },
    });
  }

  private setDown(down: boolean): void {
    if (this.down === down) return;
    this.down = down;
    for (const w of this.watchers) w();
  }
}

export const hub = new EventHub();

if (typeof window !== "undefined") {
  window.addEventListener("online", () => hub.nudge());
  watchRest({ rest: () => hub.rest(), wake: () => hub.wake() });
}
