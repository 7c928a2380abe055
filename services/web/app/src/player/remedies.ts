/**
 * Does what `recovery` says when the picture stands still, and undoes it when it plays smoothly: takes the steps on hls.js and the element, keeps
 * plain HLS for a while, and says what is wrong once enough was tried. What opens a playback anew is the engine's.
 */
import type Hls from "hls.js";
import type { LatencyController } from "./latency";
import { bufferedEnd, lastBufferedEnd } from "./media-times";
import type { Position } from "./position";
import { type Means, Recovery, type Remedy } from "./recovery";
import { type How, Relief } from "./relief";
import type { Rungs } from "./rungs";
import type { Shown } from "./snapshot";
import { type Trouble, troubleOf } from "./trouble";

/** Seconds of smooth play after which low latency is tried again; at the longest, where it fails again and again. */
export const PLAIN = { first: 120, most: 1_920 } as const;
/** A picture that stands so soon after that, in seconds of smooth play, does so for the same reason. */
const RELAPSE = 10;
/** Seconds of media behind the playhead's moment, listed or in hand, from which on it is not for want of them that it stands. */
const THERE = 1;
/** From this opening in vain on each asks for a rung less. */
const LOWER_FROM = 3;
/** Longest time between two looks that is counted, seconds: a page that slept longer knows nothing of it. */
const STEP = 1;

/** What is treated. */
export interface Playback {
  readonly video: HTMLVideoElement;
  readonly latency: LatencyController;
  readonly position: Position;
  readonly rungs: Rungs;
  readonly hls: () => Hls | null;
  /** Loads everything anew, plain or not as `plain` says. */
  readonly open: () => void;
  readonly play: () => void;
}

export class Remedies implements Means {
  private readonly recovery = new Recovery();
  private readonly relief = new Relief(PLAIN.first, PLAIN.most);
  private last: number | null = null;
  /** HTTP status of the server's last answer since the last remedy; 0 where there was none. */
  private answer = 0;
  /** The media pipeline broke, and what was tried since has not helped. */
  private faulted = false;
  private trouble: Trouble | null = null;

  constructor(
    private readonly of: Playback,
    private readonly change: Shown["change"],
  ) {}

  /** Whether plain HLS is what plays, or is opened next. */
  get plain(): boolean {
    return this.relief.on;
  }

  get canLower(): boolean {
    return this.isThere && this.of.rungs.below !== null;
  }

  get canPlain(): boolean {
    return this.isThere && !this.plain;
  }

  get relapsed(): boolean {
    return this.relief.liftedWithin(RELAPSE);
  }

  /** A reload waits for its time. */
  get isPlanned(): boolean {
    return this.recovery.isPlanned;
  }

  /**
   * Called often. `lifts`: somebody sees it live, so that smooth play counts and what was taken may be undone. True when something was done;
   * the playback may be another one then.
   */
  watch(now: number, how: How, lifts: boolean): boolean {
    const elapsed = this.last === null ? 0 : Math.min(STEP, now - this.last);
    this.last = now;
    if (how === "moves" && this.recovery.tries === 0) this.faulted = false;
    const remedy = this.recovery.watch(now, how, this);
    if (remedy) this.apply(remedy, now);
    else {
      const seen = lifts || how === "stands" ? how : "rests";
      this.of.rungs.look(now, elapsed, seen);
      if (!this.relief.look(elapsed, seen)) {
        this.tell();
        return false;
      }
      this.of.open();
    }
    this.tell();
    return true;
  }

  /** A list came. */
  heard(): void {
    this.answer = 200;
  }

  /** A fatal error; `status`: the server's, 0 where it gave none. */
  failed(now: number, kind: "media" | "network", status = 0): void {
    if (kind === "media") this.faulted = true;
    // It refuses, or has a fault: that is an answer, too.
    if (status >= 400) this.answer = status;
    const remedy = this.recovery.failed(now, kind, this);
    if (remedy) this.apply(remedy, now);
  }

  /** The network may be back. */
  hurry(now: number): void {
    this.recovery.hurry(now);
  }

  /** Good news from outside. True when only opening anew goes on. */
  reset(): boolean {
    const { broken } = this.recovery;
    this.recovery.reset();
    this.tell();
    return broken;
  }

  /** The viewer wants it tried at once, from the beginning. */
  retry(): void {
    this.relief.reset();
    this.reset();
    this.of.open();
  }

  /** Another broadcast, to which nothing of this one applies. */
  begin(): void {
    this.relief.reset();
    this.of.rungs.forget();
    this.faulted = false;
    this.answer = 0;
    this.reset();
  }

  /** `answer`; where the browser reads the list itself, that it has read one is all that is known. */
  private get lastAnswer(): number {
    return this.answer || (this.of.hls() === null && this.of.video.readyState > 0 ? 200 : 0);
  }

  /** The server has more to show than what is shown, or nothing of it was had yet: another way to it may help. */
  private get isThere(): boolean {
    const { video, position } = this.of;
    return this.lastAnswer > 0 && (video.readyState === 0 || position.behind > THERE);
  }

  private apply(remedy: Remedy, now: number): void {
    const { video, rungs, latency, hls, open, play } = this.of;
    if (this.recovery.asks) this.trouble = this.cause();
    const { isThere } = this;
    this.answer = 0;
    if (remedy === "reload" || remedy === "plain") {
      if (isThere && this.recovery.tries >= LOWER_FROM) rungs.lower(now);
      if (remedy === "plain") this.relief.take();
      else this.relief.reset();
      open();
      return;
    }
    latency.moved();
    const playing = hls();
    // What broke where the element reads the list itself goes on only when it is given the list again.
    if (!playing && video.error) {
      open();
      return;
    }
    if (remedy === "lower") rungs.lower(now);
    // After a fatal error it loads only for an element that is attached anew.
    const stopped = remedy === "lower" && playing?.loadingEnabled === false;
    if (remedy === "recover-media" || stopped) playing?.recoverMediaError();
    else playing?.startLoad(-1);
    if (remedy === "resync") this.resync();
    play();
  }

  /** What is in hand may be further on. */
  private resync(): void {
    const { video, latency, position } = this.of;
    const end = lastBufferedEnd(video);
    if (!position.rewound && end > video.currentTime + 0.2) {
      position.moveTo(Math.max(video.currentTime, end - latency.target));
    }
  }

  private cause(): Trouble {
    const { video } = this.of;
    return troubleOf(this.lastAnswer, bufferedEnd(video) - video.currentTime, this.faulted);
  }

  private tell(): void {
    if (!this.recovery.asks && this.trouble === null) return;
    this.trouble = this.recovery.asks ? (this.trouble ?? this.cause()) : null;
    this.change({ trouble: this.trouble });
  }
}
