/** Whether the picture moves, from looks at the playhead. Pure: time is an argument, in seconds. */
import type { PlayerSnapshot } from "./snapshot";

/** The picture counts as standing when the playhead did not move for so long, seconds. */
const STILL_AFTER = 0.5;

export class Playhead {
  private position = -1;
  private movedAt = 0;
  /** Whether there was a picture since the last `restart`. */
  started = false;

  /** Another playback begins. */
  restart(now: number): void {
    this.started = false;
    this.movedAt = now;
  }

  /** Nobody looked for a while, so standing still before now means nothing. */
  excuse(now: number): void {
    this.movedAt = now;
  }

  /** True while it stands still. `hasPicture`: the element has a frame for this position. */
  look(now: number, position: number, hasPicture: boolean): boolean {
    if (position !== this.position) {
      this.position = position;
      this.movedAt = now;
      if (hasPicture) this.started = true;
    }
    return now - this.movedAt > STILL_AFTER;
  }

  /** What viewers see. */
  phase(before: PlayerSnapshot["phase"], paused: boolean, still: boolean): PlayerSnapshot["phase"] {
    if (before === "unsupported") return before;
    if (!this.started) return "loading";
    if (paused) return "paused";
    return still ? "waiting" : "playing";
  }
}
