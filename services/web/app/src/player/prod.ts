/**
 * When to seek on the spot after playback ran dry. Pure: time is an argument, in seconds.
 *
 * Chromium's audio renderer doubles what it wants in hand before it goes on, each time it ran dry, up to 3 s; a seek makes it forget.
 * Without one, the third cut of a broadcaster's network costs a viewer a second for which the media has long been there.
 */

/** Seconds in hand that are enough to go on with. */
const ENOUGH = 0.25;
/** For so long it may go on by itself. */
const PATIENCE = 0.1;

export class Prod {
  private since: number | null = null;
  private done = false;

  /** Called often; true once in an episode. `dry`: playback waits for data. `ahead`: seconds in hand. */
  look(now: number, dry: boolean, ahead: number): boolean {
    if (!dry) {
      this.since = null;
      this.done = false;
      return false;
    }
    if (this.done || ahead < ENOUGH) {
      this.since = null;
      return false;
    }
    this.since ??= now;
    this.done = now - this.since >= PATIENCE;
    return this.done;
  }
}
