/**
 * What rungs really take, beside what the playlist says that they need at most: of a picture that hardly moves the source may take less than every
 * rung below it. hls.js compares what it was told with an estimate that is low where there is little to load, and steps down to what costs
 * more. So the rung that is loaded has its measured rate for it; what hls.js was told of one comes back some time after another is loaded. Pure.
 */

/** Seconds of media that are measured. It counts from the first part on: that begins with a keyframe, so it tells rather too much. */
const LAST = 10;
/** The newest seconds alone, if they take more: a picture that begins to move counts at once. */
const NEWEST = 2;
/** What may come is more than what came. */
const MARGIN = 1.1;
/** For so many seconds of media what a rung took is true after another one was loaded. */
const KEPT = 60;

/** What of a level of hls.js is read, and written. */
export interface Level {
  readonly bitrate: number;
}

interface Loaded {
  bytes: number;
  duration: number;
}

export class RealRates {
  /** What the playlist said of those that have another rate now, bit/s. */
  private readonly told = new Map<Level, number>();
  private level: Level | null = null;
  private last: Loaded[] = [];
  /** Seconds of media of this level since it is loaded. */
  private since = 0;

  /** A part, or a whole segment: so many bytes for so many seconds. */
  loaded(level: Level, bytes: number, duration: number): void {
    if (!(bytes > 0 && duration > 0)) return;
    if (level !== this.level) {
      this.level = level;
      this.last = [];
      this.since = 0;
    }
    this.last.push({ bytes, duration });
    this.since += duration;
    let length = this.last.reduce((sum, one) => sum + one.duration, 0);
    while (this.last[1] && length > LAST) length -= this.last.shift()?.duration ?? 0;
    const most = this.declared(level);
    this.told.set(level, most);
    write(
      level,
      Math.min(most, Math.round(MARGIN * Math.max(rate(this.last, LAST), rate(this.last, NEWEST)))),
    );
    if (this.since <= KEPT) return;
    for (const [other, before] of this.told) {
      if (other === level) continue;
      write(other, before);
      this.told.delete(other);
    }
  }

  /** What the playlist says that it needs at most, bit/s. */
  declared(level: Level): number {
    return this.told.get(level) ?? level.bitrate;
  }

  /** What it takes, bit/s; null: it is not the one that is loaded. */
  taken(level: Level | undefined): number | null {
    return level && level === this.level ? Math.round(rate(this.last, LAST)) : null;
  }
}

/** Of the newest so many seconds, bit/s. */
function rate(last: readonly Loaded[], seconds: number): number {
  let [bytes, duration] = [0, 0];
  for (const one of [...last].reverse()) {
    // Sums of fifths are not exact.
    if (duration > seconds - 0.01) break;
    bytes += one.bytes;
    duration += one.duration;
  }
  return duration > 0 ? (8 * bytes) / duration : 0;
}

/** Where hls.js reads it: `maxBitrate` follows `bitrate`, `averageBitrate` would be the playlist's. */
function write(level: Level, bitrate: number): void {
  for (const name of ["bitrate", "averageBitrate"]) {
    Object.defineProperty(level, name, {
      value: bitrate,
      configurable: true,
      enumerable: true,
      writable: true,
    });
  }
}
