/**
 * The ladder of what to try when the picture stands still: resync to the live edge, a lower rung, a new media pipeline, plain HLS, then everything
 * anew again and again with growing pauses, and after some of that a button beside it (ADR 0048). A remedy that cannot help is left out.
 * Pure; `remedies` does what it says.
 */
import type { How } from "./relief";

export type Remedy = "resync" | "lower" | "recover-media" | "plain" | "reload";

/** What can be tried now. */
export interface Means {
  /** There is a lower rung, and the server has more to show: it is this one that does not come. */
  readonly canLower: boolean;
  /** Low latency is what plays, and the server has more to show. */
  readonly canPlain: boolean;
  /** Plain HLS was left a moment ago. */
  readonly relapsed: boolean;
}

/** One after the other; then `reload`. */
const ORDER: readonly Remedy[] = ["resync", "lower", "recover-media", "plain"];
/** Seconds since the last remedy, or since it stands, before each of them; less than `SURE` of movement between does not count. */
const PATIENCE: Record<Remedy, number> = { resync: 2, lower: 2, "recover-media": 3, plain: 3, reload: 4 };
/** Pause before the n-th reload; the last one repeats. */
const RELOAD_PAUSES = [1, 2, 4, 8, 15];
/** So many openings that brought no picture, and there is a button. */
const ASK_AFTER = 2;
/** A picture that moves for so many seconds does move; less may be a nudge, or a seek. */
const SURE = 1;
/** Smooth playback for so long forgets earlier trouble. */
const FORGET = 10;

export class Recovery {
  /** Enough was tried: the viewer is given a button, too, until the picture moves. */
  asks = false;
  /** Nothing goes on without a reload. */
  broken = false;
  /** Of `ORDER`, what is tried next. */
  private step = 0;
  /** Reloads since the trouble began, and all openings, plain ones among them. */
  private reloads = 0;
  private openings = 0;
  /** Fatal errors of the media pipeline since the trouble began. */
  private faults = 0;
  private stillSince: number | null = null;
  private smoothSince: number | null = null;
  private movesSince: number | null = null;
  private due: number | null = null;

  /** Called often with how the picture fares. */
  watch(now: number, how: How, means: Means): Remedy | null {
    if (how !== "stands") {
      this.fares(now, how);
      return null;
    }
    this.smoothSince = null;
    this.movesSince = null;
    this.stillSince ??= now;
    if (this.due !== null) return this.reloadWhenDue(now, means);
    return this.next(now, now - this.stillSince, means);
  }

  /** A fatal error of the media pipeline or of the network. */
  failed(now: number, kind: "media" | "network", means: Means): Remedy | null {
    this.smoothSince = null;
    if (kind === "media") {
      this.faults += 1;
      if (this.faults === 1 && this.step < 3) return this.take(now, "recover-media");
      // What cannot be decoded may be less to decode.
      if (this.faults <= 2 && means.canLower) return this.take(now, "lower");
    }
    this.step = ORDER.length;
    this.broken = true;
    this.planReload(now);
    return null;
  }

  /** Whether a reload waits for its time. */
  get isPlanned(): boolean {
    return this.due !== null;
  }

  /** Openings that brought no picture. */
  get tries(): number {
    return this.openings;
  }

  /** The network may be back: what waits for its time waits no longer. */
  hurry(now: number): void {
    if (this.due !== null) this.due = now;
  }

  /** A new source, good news from outside, or the viewer's wish: start over. */
  reset(): void {
    this.forget();
    this.asks = false;
    this.broken = false;
    this.stillSince = null;
    this.smoothSince = null;
    this.movesSince = null;
    this.due = null;
  }

  private fares(now: number, how: How): void {
    this.smoothSince ??= now;
    if (now - this.smoothSince > FORGET) this.forget();
    this.movesSince = how === "moves" ? (this.movesSince ?? now) : null;
    const moves = this.movesSince !== null && now - this.movesSince >= SURE;
    // A seek of our own is no picture: it would begin the patience anew each time.
    if (moves || how === "rests") this.stillSince = null;
    if (!moves) return;
    this.asks = false;
    // It came to itself. What is broken plays what is in hand, and then no more.
    if (!this.broken) this.due = null;
  }

  private forget(): void {
    this.step = 0;
    this.reloads = 0;
    this.openings = 0;
    this.faults = 0;
  }

  private next(now: number, waited: number, means: Means): Remedy | null {
    if (this.step === 0 && means.relapsed && means.canPlain) {
      return waited < PATIENCE.reload ? null : this.take(now, "plain");
    }
    for (const remedy of ORDER.slice(this.step)) {
      if (remedy === "lower" && !means.canLower) continue;
      if (remedy === "plain" && !means.canPlain) continue;
      return waited < PATIENCE[remedy] ? null : this.take(now, remedy);
    }
    if (waited < PATIENCE.reload) return null;
    if (this.reloads === 0) return this.take(now, "reload");
    this.planReload(now);
    return null;
  }

  private take(now: number, remedy: Remedy): Remedy {
    const place = ORDER.indexOf(remedy);
    this.step = Math.max(this.step, place === -1 ? ORDER.length : place + 1);
    this.stillSince = now;
    if (remedy === "reload") this.reloads += 1;
    if (remedy === "reload" || remedy === "plain") {
      this.openings += 1;
      this.broken = false;
      this.due = null;
    }
    return remedy;
  }

  private planReload(now: number): void {
    this.asks ||= this.openings >= ASK_AFTER;
    if (this.due !== null) return;
    const pause = RELOAD_PAUSES[Math.min(this.reloads, RELOAD_PAUSES.length - 1)] ?? 15;
    this.due = now + pause;
  }

  /** The first one is like what failed; from then on, where the server answers, every other one is plain. */
  private reloadWhenDue(now: number, means: Means): Remedy | null {
    if (this.due === null || now < this.due) return null;
    const remedy = this.reloads > 0 && means.canPlain ? "plain" : "reload";
    if (remedy === "plain") this.reloads += 1;
    return this.take(now, remedy);
  }
}
