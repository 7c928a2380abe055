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
/** `HTMLMediaElement.HAVE_CURRENT_DATA`: there is a picture for this position, and none behind it. */
const HAVE_CURRENT_DATA = 2;

export class Prod {
  private since: number | null = null;
  private done = false;

  /**
   * Called often; true once in an episode, which ends when playback has data again. The seek itself ends none: while it lasts and
   * just behind it the element has less than it had. `ahead`: seconds in hand.
   */
  look(
    now: number,
    element: Pick<HTMLVideoElement, "paused" | "seeking" | "readyState">,
    ahead: number,
  ): boolean {
    if (!element.seeking && element.readyState > HAVE_CURRENT_DATA) this.done = false;
    const dry = !element.seeking && !element.paused && element.readyState === HAVE_CURRENT_DATA;
    if (!dry || this.done || ahead < ENOUGH) {
      this.since = null;
      return false;
    }
    this.since ??= now;
    this.done = now - this.since >= PATIENCE;
    return this.done;
  }
}
