/**
 * Keeps a live picture close to the moment it shows. A pure machine: samples in, a playback rate (and now and then a
 * seek) out; the driver owns the clock and the video element.
 *
 * hls.js fetches; it is told not to change the rate. Every 50 ms the media buffered ahead of the playhead is compared with
 * a target. Less: play a little slower, so that the next part arrives in time. More: a little faster, and if far too
 * much, jump. The target starts at `floor`, grows after a stall and with the jitter of part arrivals, and shrinks slowly
 * while nothing goes wrong. Of plain HLS, whose segments come whole, three are kept in hand, and the rate stays 1.
 */

/** All times in seconds. */
export const LATENCY = {
  /** Least buffer aimed for: more than two parts of a sixth of a second. Below it one late part is a stall. */
  floor: 0.4,
  /** Most buffer aimed for; beyond it more buffer no longer helps a link. */
  ceiling: 4,
  /** Within this distance of the target the rate stays 1. */
  tolerance: 0.04,
  /** Up to this excess the rate goes to `gentle`, unnoticed in speech and music. */
  gentleExcess: 0.15,
  /** From this excess on the rate is `fastest`. */
  fastExcess: 0.9,
  slowest: 0.9,
  gentle: 1.06,
  fastest: 1.3,
  /** More excess than this is not caught up by playing faster: jump. */
  jumpExcess: 1.5,
  /** After a jump none other for so long. */
  jumpRest: 2,
  /** Buffer kept beyond half a part and the measured jitter. */
  margin: 0.15,
  /** A stall makes the target this much larger, at least by `growLeast`. */
  growBy: 1.5,
  growLeast: 0.15,
  /** Without a stall for so long the target may shrink … */
  calm: 8,
  /** … by so many seconds a second, and more the farther it is from what the link needs. */
  shrinkRate: 0.03,
  /** Stalls closer together than this are one: an outage stutters when it ends. */
  oneStall: 3,
  /** Time constant of the buffer's moving average: about two parts, so that their saw-tooth is smoothed out. */
  smoothing: 0.4,
} as const;

/** What a viewer chooses between: as close as the link allows, or so many seconds more in hand, which a bad link may use up before the picture stalls. */
export const RESERVE = { low: 0, smooth: 3 } as const;
export type LatencyChoice = keyof typeof RESERVE;

/** Segments between a plain player and the end of its list (RFC 8216, 6.3.3: not closer than three target durations). */
export const PLAIN_SEGMENTS = 3;

/** Arrivals remembered for the jitter: about eight seconds of parts. */
const ARRIVALS = 50;
/** A part later than this is an outage, which more buffer would not have bridged; it says nothing about the jitter. */
const OUTAGE = 1;

export interface Sample {
  /** Any steady clock, seconds. */
  now: number;
  /** The playhead. */
  position: number;
  /** End of the buffered range that holds the playhead. */
  bufferedEnd: number;
  /** False while still, paused, hidden, seeking or rewound: the machine only watches then. */
  active: boolean;
}

export interface Verdict {
  rate: number;
  /** Where to jump, or null. */
  seekTo: number | null;
}

export class LatencyController {
  /** Seconds in hand beyond what the link needs; the viewer's wish. */
  reserve = 0;
  /** Target duration of segments that come whole; 0 where parts come. */
  segment = 0;
  /** Times that playback ran dry, an outage being one. */
  stalls = 0;
  private goal: number = LATENCY.floor;
  private smoothed: number | null = null;
  private last: number | null = null;
  private lastStall = Number.NEGATIVE_INFINITY;
  private lastCounted = Number.NEGATIVE_INFINITY;
  private lastJump = Number.NEGATIVE_INFINITY;
  /** Arrival time less media time of the last parts: rises and falls with the link's delay. */
  private lateness: number[] = [];
  /** By how much each of them was later than the earliest before it. */
  private excess: number[] = [];
  private lengths: number[] = [];
  private lastEnd: number | null = null;

  /** Seconds of buffer aimed for now. */
  get target(): number {
    return this.segment > 0 ? PLAIN_SEGMENTS * this.segment : this.goal + this.reserve;
  }

  /** What of it is there whatever the link needs: the viewer's wish, or whole segments. */
  get lasting(): number {
    return this.segment > 0 ? this.target : this.reserve;
  }

  /** Seconds by which the later parts come later than the earliest before them, of the last ten seconds or so. */
  get jitter(): number {
    return (this.excess.length < 5 ? 0 : quantile(this.excess, 0.95)) ?? 0;
  }

  /** A part came in: the buffer now reaches to `end`. */
  arrived(now: number, end: number): void {
    // What a whole segment's arrival tells is of no use to parts.
    if (this.segment > 0) return;
    const length = this.lastEnd === null ? 0 : end - this.lastEnd;
    if (this.lastEnd !== null && (length < -0.5 || length > 10)) {
      // A jump in the timeline says nothing about the link.
      this.forget();
    } else if (this.lastEnd !== null && length <= 0.001) {
      return;
    }
    this.lastEnd = end;
    const late = now - end;
    // Measured against the parts before it only: while old media is being fetched each part is the earliest yet.
    const above = this.lateness.length > 0 ? Math.max(0, late - Math.min(...this.lateness)) : 0;
    if (above > OUTAGE) this.forget();
    else this.excess.push(above);
    this.lateness.push(late);
    if (this.excess.length > ARRIVALS) this.excess.shift();
    if (length > 0.001 && length < 10) this.lengths.push(length);
    if (this.lateness.length > ARRIVALS) this.lateness.shift();
    if (this.lengths.length > ARRIVALS) this.lengths.shift();
  }

  /** Playback stood still for want of data. */
  stalled(now: number): void {
    this.lastStall = now;
    if (now - this.lastCounted <= LATENCY.oneStall) return;
    this.lastCounted = now;
    this.stalls++;
    if (this.segment > 0) return;
    const grown = Math.max(this.goal * LATENCY.growBy, this.goal + LATENCY.growLeast);
    this.goal = Math.min(LATENCY.ceiling, grown);
  }

  /** A seek or a new source: what was measured of the buffer no longer holds; the target stays. */
  moved(): void {
    this.smoothed = null;
    this.forget();
    this.lastEnd = null;
  }

  step(sample: Sample): Verdict {
    const elapsed = this.last === null ? 0 : Math.max(0, Math.min(1, sample.now - this.last));
    this.last = sample.now;
    if (this.segment > 0) return this.stepPlain(sample);
    this.adapt(sample.now, elapsed);
    if (!sample.active) {
      this.smoothed = null;
      return { rate: 1, seekTo: null };
    }
    const ahead = sample.bufferedEnd - sample.position;
    if (this.smoothed === null) this.smoothed = ahead;
    else this.smoothed += (ahead - this.smoothed) * (1 - Math.exp(-elapsed / LATENCY.smoothing));
    const excess = this.smoothed - this.target;

    if (
      Math.min(excess, ahead - this.target) > LATENCY.jumpExcess &&
      sample.now - this.lastJump > LATENCY.jumpRest
    ) {
      this.lastJump = sample.now;
      this.smoothed = null;
      return { rate: 1, seekTo: sample.bufferedEnd - this.target };
    }
    return { rate: rateFor(excess), seekTo: null };
  }

  /** What is in hand rises by a segment at a time. It is too much from one more than aimed for. */
  private stepPlain({ now, position, bufferedEnd, active }: Sample): Verdict {
    const excess = bufferedEnd - position - this.target;
    const jumps =
      active && excess > this.segment + LATENCY.jumpExcess && now - this.lastJump > LATENCY.jumpRest;
    if (jumps) this.lastJump = now;
    return { rate: 1, seekTo: jumps ? bufferedEnd - this.target : null };
  }

  private adapt(now: number, elapsed: number): void {
    const need = Math.max(
      LATENCY.floor,
      Math.min(LATENCY.ceiling, this.typicalLength() / 2 + this.jitter + LATENCY.margin),
    );
    if (this.goal < need) {
      // Grow towards what the link needs before it stalls, but not by a single late part.
      this.goal = Math.min(need, this.goal + elapsed * 0.1);
    } else if (now - this.lastStall > LATENCY.calm) {
      const pace = LATENCY.shrinkRate * (1 + 2 * (this.goal - need));
      this.goal = Math.max(need, this.goal - elapsed * pace);
    }
  }

  private forget(): void {
    this.lateness = [];
    this.excess = [];
    this.lengths = [];
  }

  private typicalLength(): number {
    return quantile(this.lengths, 0.5) ?? 0.2;
  }
}

/** The value that the share `q` of the list is below; undefined where the list is empty. */
function quantile(list: number[], q: number): number | undefined {
  return [...list].sort((a, b) => a - b)[Math.floor(list.length * q)];
}

/** Playback rate for so many seconds of buffer above (or below) the target, in steps of 0.01. */
export function rateFor(excess: number): number {
  const { tolerance, gentleExcess, fastExcess, slowest, gentle, fastest } = LATENCY;
  let rate = 1;
  if (excess < -tolerance) rate = Math.max(slowest, 1 + (excess + tolerance) * 0.6);
  else if (excess > gentleExcess) {
    const share = Math.min(1, (excess - gentleExcess) / (fastExcess - gentleExcess));
    rate = gentle + (fastest - gentle) * share;
  } else if (excess > tolerance) {
    rate = 1 + (gentle - 1) * ((excess - tolerance) / (gentleExcess - tolerance));
  }
  return Math.round(rate * 100) / 100;
}
