/**
 * A measure that costs something and is taken for a while: a cap on the quality, plain HLS. It is lifted after a stretch of smooth play; needed
 * again soon after, it stays twice as long. Pure: time is an argument, in seconds.
 */

/** How a picture fares: it moves, it rightly stands (paused, nobody sees it, nothing is to come), or it stands although it should move. */
export type How = "moves" | "rests" | "stands";

export class Relief {
  private taken = false;
  /** Smooth seconds after which it is lifted. */
  private length: number;
  /** Seconds that the picture moved since it was taken or lifted; while it is taken, without a stand-still between. */
  private smooth = 0;
  /** It was lifted, and since then has not been left alone for as long as it lasted. */
  private recent = false;

  /** `first`: seconds that it stays; `most`: at the longest. */
  constructor(
    private readonly first: number,
    private readonly most: number,
  ) {
    this.length = first;
  }

  get on(): boolean {
    return this.taken;
  }

  /** Lifted less than so many smooth seconds ago: what it was taken for is not over. */
  liftedWithin(seconds: number): boolean {
    return !this.taken && this.recent && this.smooth < seconds;
  }

  /** Taken while it is on, its time begins anew. */
  take(): void {
    if (!this.taken) this.length = this.recent ? Math.min(this.most, this.length * 2) : this.first;
    this.taken = true;
    this.smooth = 0;
  }

  /** Called often; `elapsed` since the last time. True when it is lifted now. */
  look(elapsed: number, how: How): boolean {
    if (how === "moves") this.smooth += elapsed;
    else if (how === "stands" && this.taken) this.smooth = 0;
    if (this.smooth < this.length) return false;
    const lifted = this.taken;
    this.recent = lifted;
    this.taken = false;
    this.smooth = 0;
    return lifted;
  }

  /** Off, as if it had never been needed. */
  reset(): void {
    this.taken = false;
    this.recent = false;
    this.smooth = 0;
    this.length = this.first;
  }
}
