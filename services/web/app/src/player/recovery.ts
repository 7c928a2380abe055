/**
 * What to try when the picture stands still: resync to the live edge, then rebuild the media pipeline, then load
 * everything anew, again and again with growing pauses. Pure; the engine does what it says.
 */

export type Remedy = "resync" | "recover-media" | "reload";

/** Seconds of standing still before the first remedy, and between the following ones. */
const PATIENCE = [2, 3, 4];
/** Pause before the n-th reload; the last one repeats. */
const RELOAD_PAUSES = [1, 2, 4, 8, 15];
/** Smooth playback for so long forgets earlier trouble. */
const FORGET = 10;

export class Recovery {
  private step = 0;
  private reloads = 0;
  private stillSince: number | null = null;
  private smoothSince: number | null = null;
  private due: number | null = null;

  /** Called often with whether the picture moves (or rightly stands, as when paused). */
  watch(now: number, fine: boolean): Remedy | null {
    if (fine) {
      this.stillSince = null;
      this.smoothSince ??= now;
      if (now - this.smoothSince > FORGET) {
        this.step = 0;
        this.reloads = 0;
      }
      return null;
    }
    this.smoothSince = null;
    this.stillSince ??= now;
    if (this.due !== null) return this.reloadWhenDue(now);
    const patience = PATIENCE[Math.min(this.step, PATIENCE.length - 1)] ?? 4;
    if (now - this.stillSince < patience) return null;
    return this.next(now);
  }

  /** A fatal error of the media pipeline or of the network. */
  failed(now: number, kind: "media" | "network"): Remedy | null {
    this.smoothSince = null;
    if (kind === "media" && this.step < 2) {
      this.step = 2;
      this.stillSince = now;
      return "recover-media";
    }
    this.step = 3;
    this.planReload(now);
    return null;
  }

  /** Whether something broke, and a reload waits for its time. */
  get isPlanned(): boolean {
    return this.due !== null;
  }

  /** A new source, or good news from outside: start over. */
  reset(): void {
    this.step = 0;
    this.reloads = 0;
    this.stillSince = null;
    this.smoothSince = null;
    this.due = null;
  }

  private next(now: number): Remedy | null {
    this.step += 1;
    this.stillSince = now;
    if (this.step === 1) return "resync";
    if (this.step === 2) return "recover-media";
    if (this.reloads === 0) {
      this.reloads = 1;
      return "reload";
    }
    this.planReload(now);
    return null;
  }

  private planReload(now: number): void {
    if (this.due !== null) return;
    const pause = RELOAD_PAUSES[Math.min(this.reloads, RELOAD_PAUSES.length - 1)] ?? 15;
    this.due = now + pause;
  }

  private reloadWhenDue(now: number): Remedy | null {
    if (this.due === null || now < this.due) return null;
    this.due = null;
    this.reloads += 1;
    this.stillSince = now;
    return "reload";
  }
}
