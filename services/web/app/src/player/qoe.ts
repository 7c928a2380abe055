/**
 * How a viewer fares, summed until it is told: time watched, time waited amid it, and what went wrong. Pure; time is an argument, in seconds.
 * A look allocates nothing: there are twenty a second.
 */
import type { Fault } from "./telling";

/** A picture that stands for less is taken to move: looks and frames do not come in step. */
const GRACE = 0.25;
/** Longest time between two looks that is counted: a page that slept longer knows nothing of it. */
const STEP = 1;
/** A playhead does not go further than this beyond the time that passed; what does was moved. */
const LEAP = 1;
/** The server takes no more of one beacon, milliseconds. */
const MOST_MS = 30_000;

/** A beacon's body; what is zero or not known is left out. */
export interface Delta {
  watched_ms?: number;
  stalled_ms?: number;
  stalls?: number;
  start_ms?: number;
  errors?: Partial<Record<Fault, number>>;
  behind_ms?: number;
  height?: number;
  decoded?: number;
  dropped?: number;
}

export class Qoe {
  private watched = 0;
  private stalled = 0;
  private stalls = 0;
  private startMs: number | null = null;
  private errors: Partial<Record<Fault, number>> = {};
  private decoded = 0;
  private dropped = 0;
  private frames = { total: 0, dropped: 0 };
  private last: number | null = null;
  private position = Number.NaN;
  /** Stood still for so long, and is not counted yet. */
  private pending = 0;
  private stands = false;
  /** Somebody moved the playhead: that it stands until there is media again is no stall. */
  private excused = false;

  /** Called often. `awaited`: it should move, for somebody who sees it. */
  look(now: number, position: number, seeking: boolean, awaited: boolean): void {
    const passed = this.last === null ? 0 : Math.min(STEP, now - this.last);
    const went = position - this.position;
    this.last = now;
    this.position = position;
    if (!awaited) {
      this.pending = 0;
      this.stands = false;
      this.excused = false;
      return;
    }
    const leapt = seeking || !(Math.abs(went) < passed + LEAP);
    if (went !== 0 && !leapt) {
      this.watched += passed + this.pending;
      this.pending = 0;
      this.stands = false;
      this.excused = false;
    } else if (this.stands) {
      this.stalled += passed;
    } else if (leapt || this.excused) {
      this.excused = true;
      this.pending = 0;
    } else {
      this.pending += passed;
      if (this.pending < GRACE) return;
      this.stands = true;
      this.stalls += 1;
      this.stalled += this.pending;
      this.pending = 0;
    }
  }

  started(ms: number | null): void {
    this.startMs = ms ?? this.startMs;
  }

  failed(fault: Fault): void {
    this.errors[fault] = (this.errors[fault] ?? 0) + 1;
  }

  /** What is new since the last one; null: nothing. `quality`: the element's counts, which begin anew with another source. */
  take(
    height: number,
    behind: number | null,
    quality?: Pick<VideoPlaybackQuality, "totalVideoFrames" | "droppedVideoFrames">,
  ): Delta | null {
    if (quality) {
      const { totalVideoFrames: total, droppedVideoFrames: dropped } = quality;
      this.decoded += total >= this.frames.total ? total - this.frames.total : total;
      this.dropped += dropped >= this.frames.dropped ? dropped - this.frames.dropped : dropped;
      this.frames = { total, dropped };
    }
    const watched = Math.min(MOST_MS, Math.round(this.watched * 1_000));
    const stalled = Math.min(MOST_MS, Math.round(this.stalled * 1_000));
    const delta: Delta = {
      ...some("watched_ms", watched),
      ...some("stalled_ms", stalled),
      ...some("stalls", this.stalls),
      ...(this.startMs === null ? {} : { start_ms: this.startMs }),
      ...(Object.keys(this.errors).length > 0 ? { errors: this.errors } : {}),
    };
    if (Object.keys(delta).length === 0) return null;
    if (watched > 0) {
      if (behind !== null && Number.isFinite(behind)) delta.behind_ms = Math.round(behind * 1_000);
      Object.assign(
        delta,
        some("height", height),
        some("decoded", this.decoded),
        some("dropped", this.dropped),
      );
      this.decoded = 0;
      this.dropped = 0;
    }
    this.watched = 0;
    this.stalled = 0;
    this.stalls = 0;
    this.startMs = null;
    this.errors = {};
    return delta;
  }

  /** It was not told after all. Where the viewer was then is of no use later. */
  giveBack(delta: Delta): void {
    this.watched += (delta.watched_ms ?? 0) / 1_000;
    this.stalled += (delta.stalled_ms ?? 0) / 1_000;
    this.stalls += delta.stalls ?? 0;
    this.decoded += delta.decoded ?? 0;
    this.dropped += delta.dropped ?? 0;
    this.started(delta.start_ms ?? null);
    for (const [fault, count] of Object.entries(delta.errors ?? {}) as [Fault, number][]) {
      this.errors[fault] = (this.errors[fault] ?? 0) + count;
    }
  }
}

const some = (name: keyof Delta, n: number) => (n > 0 ? { [name]: n } : {});
