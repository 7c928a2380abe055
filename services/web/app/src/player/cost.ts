/**
 * What the rung that is loaded really takes, measured over its last seconds, and hls.js told so where it matters: the source of a simple picture
 * takes less than the rungs below it say they need, and a step down to those would cost the picture and spare nothing.
 * hls.js picks the best rung whose bit rate its estimate carries, so the loaded one is given its real rate, for as long as it is loaded and there are
 * such rungs. Where all below take less nothing is changed. The viewer's own choice is not hls.js', and stays free. Pure but for those two fields.
 */

/** Seconds of media that are measured. */
export const WINDOW = 10;
/**
 * From so many on it is told: hls.js may leave a rung after its first parts, so that the whole window would come too late. What is loaded begins
 * with a keyframe: at first it seems to take more than it does, never less.
 */
export const FIRST = 1;
/** A rung is worth a step down where it says it needs less than this part of what the loaded one takes. */
export const WORTH = 0.9;
/** The line keeps up where the window came within its own length over this. Then the estimate is of how little there was to load. */
const KEEPS_UP = 0.95;

/** hls.js' `Level`: bit/s, by `BANDWIDTH` and by `AVERAGE-BANDWIDTH`. */
export interface Costed {
  bitrate?: number | undefined;
  averageBitrate?: number | undefined;
}

export interface Loaded {
  /** All of them, the cheapest first, and which one it was. */
  levels: readonly Costed[];
  level: number;
  bytes: number;
  /** Seconds of media. */
  duration: number;
  /** hls.js' estimate of the line, bit/s. */
  bandwidth: number;
}

/** What a level said, where it is told something else. */
const said = new WeakMap<Costed, number>();

/** Bit/s, as the list has it; 0 where it has none. */
export function declared(level: Costed): number {
  return said.get(level) ?? level.bitrate ?? 0;
}

export class Cost {
  private level: Costed | null = null;
  private samples: Array<{ at: number; bytes: number; duration: number }> = [];
  private media = 0;

  /** A segment or a part of one came, at `now`, seconds of a steady clock. */
  loaded(now: number, { levels, level: index, bytes, duration, bandwidth }: Loaded): void {
    const level = levels[index];
    if (!level || duration <= 0) return;
    if (level !== this.level) this.forget();
    this.level = level;
    this.samples.push({ at: now, bytes, duration });
    this.media += duration;
    for (
      let first = this.samples[0];
      first && this.media - first.duration >= WINDOW;
      first = this.samples[0]
    ) {
      this.media -= first.duration;
      this.samples.shift();
    }
    this.tell(level, levels.slice(0, index), bandwidth);
  }

  /** Bit/s that this level takes; null where it is not what is loaded, or not for `FIRST` yet. */
  of(level: Costed | undefined): number | null {
    return level && level === this.level ? this.rate : null;
  }

  /** Whether a rung that says it needs so much, bit/s, spares anything. */
  spares(bitrate: number): boolean {
    return this.rate === null || bitrate < this.rate * WORTH;
  }

  /** Another level, or another hls.js: what was told is taken back. */
  forget(): void {
    if (this.level) restore(this.level);
    this.level = null;
    this.samples = [];
    this.media = 0;
  }

  private get rate(): number | null {
    // Sums of parts of 0.2 s come out a hair below.
    if (this.media < FIRST - 0.001) return null;
    return (8 * this.samples.reduce((sum, { bytes }) => sum + bytes, 0)) / this.media;
  }

  private tell(level: Costed, below: readonly Costed[], bandwidth: number): void {
    const { rate } = this;
    const idle = below.map(declared).filter((bitrate) => bitrate > 0 && !this.spares(bitrate));
    if (rate === null || idle.length === 0) {
      restore(level);
      return;
    }
    const real = Math.min(rate, ...idle, declared(level) || rate);
    // Half of the estimate: it moves until this is told again.
    told(level, this.keepsUp && bandwidth > 0 ? Math.min(real, bandwidth / 2) : real);
  }

  private get keepsUp(): boolean {
    const [first, last] = [this.samples[0], this.samples.at(-1)];
    return !!first && !!last && this.media - first.duration >= (last.at - first.at) * KEEPS_UP;
  }
}

function told(level: Costed, bitrate: number): void {
  if (!said.has(level)) said.set(level, level.bitrate ?? 0);
  // Read-only for others, the second by a getter of its class, which this hides.
  Object.defineProperty(level, "bitrate", { value: bitrate, configurable: true, writable: true });
  Object.defineProperty(level, "averageBitrate", { value: bitrate, configurable: true });
}

function restore(level: Costed): void {
  const bitrate = said.get(level);
  if (bitrate === undefined) return;
  said.delete(level);
  Object.defineProperty(level, "bitrate", { value: bitrate, configurable: true, writable: true });
  Reflect.deleteProperty(level, "averageBitrate");
}
