/**
 * What a playback will want to tell of itself, until what tells it is loaded: that waits for the first moving picture, or for what goes wrong
 * before. How long the first picture took is known here alone. Times in seconds, by one clock.
 */
import type { Teller } from "./teller";

export type Fault = "network" | "media" | "unsupported";

/** Faults that wait to be told. */
const MOST = 10;

export class Telling {
  /** The last address of a playlist that names the session; null: none of this broadcast. */
  list: string | null = null;
  /** From asking for a broadcast to its first moving picture, milliseconds; null: not yet, told, or not the network's doing. */
  startMs: number | null = null;
  /** There was a picture since `begin`. */
  started = false;
  readonly faults: Fault[] = [];
  private begun = 0;
  /** Nothing but the way here kept the picture back: no click was wanted, the page was seen. */
  private clear = true;
  private teller: Teller | null = null;
  private loading = false;
  private over = false;

  /** `behind`: seconds behind the live edge; null where the viewer wants to be. */
  constructor(
    readonly video: HTMLVideoElement,
    readonly behind: () => number | null,
  ) {}

  /** A broadcast is asked for. */
  begin(now: number): void {
    this.end();
    this.list = null;
    this.begun = now;
    this.started = false;
    this.startMs = null;
    this.clear = true;
  }

  /** A playlist came from there, or lists some that are; null: none will any more. */
  heard(now: number, list: string | null): void {
    this.list = list ?? this.list;
    this.teller?.heard(now, list);
  }

  /** Told at once: perhaps nothing follows. */
  failed(fault: Fault): void {
    if (this.faults.length < MOST) this.faults.push(fault);
    this.load();
    this.end();
  }

  /**
   * Called often. `moving`: there is a picture. `plays`: it moves, seen or not. `awaited`: it should move, for somebody who sees it.
   */
  look(now: number, moving: boolean, plays: boolean, awaited: boolean): void {
    if (!this.started) {
      this.clear &&= awaited;
      if (moving) {
        this.started = true;
        if (this.clear) this.startMs = Math.round((now - this.begun) * 1_000);
        this.load();
      }
    }
    this.teller?.look(now, plays, awaited);
  }

  /** It is over, or the next begins: what was not told yet is. */
  end(): void {
    this.teller?.flush();
  }

  close(): void {
    this.over = true;
    this.teller?.close();
  }

  private load(): void {
    if (this.loading) return;
    this.loading = true;
    import("./teller").then(
      ({ Teller }) => {
        if (!this.over) this.teller = new Teller(this);
      },
      () => {
        // Nobody is told, and everything else goes on.
      },
    );
  }
}
