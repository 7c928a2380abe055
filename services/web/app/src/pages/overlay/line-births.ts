/**
 * When the overlay's lines were said, by this machine's clock, so that they fade in time although OBS's clock may be wrong. A line that
 * came while the page was there was said when it came. What `joined` brought has only the server's time; what the two clocks differ by is
 * learnt from the lines that came since. Bounded; pure but for what it remembers.
 */

interface Said {
  id: string;
  /** RFC 3339, by the server's clock. */
  at?: string;
}

/** More lines than a log has. */
const MOST = 1_000;

export class LineBirths {
  /** In the order in which they came. */
  private births = new Map<string, number>();
  /** Milliseconds by which this clock is fast; unknown until a line comes. */
  private fast: number | null = null;

  /** It came just now. */
  came({ id, at }: Said, now: number): void {
    const ms = Date.parse(at ?? "");
    if (Number.isFinite(ms)) this.fast = now - ms;
    this.keep(id, now);
  }

  /** They were there, or came while the page was away. */
  there(lines: readonly Said[], now: number): void {
    for (const { id, at } of lines) {
      const ms = Date.parse(at ?? "") + (this.fast ?? 0);
      this.keep(id, Number.isFinite(ms) ? Math.min(ms, now) : now);
    }
  }

  /** Milliseconds since it was said; 0 for one that nobody told of. */
  age(id: string, now: number): number {
    return now - (this.births.get(id) ?? now);
  }

  private keep(id: string, born: number): void {
    if (this.births.has(id)) return;
    this.births.set(id, born);
    const oldest = this.births.keys().next().value;
    if (this.births.size > MOST && oldest !== undefined) this.births.delete(oldest);
  }
}
