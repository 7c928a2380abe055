/**
 * The picture on another screen (AirPlay, Cast), where the browser offers that for this element. What Chromium plays through Media Source
 * Extensions it offers for none, so there is no button there.
 */

/** Safari's own, older than the standard. */
interface Apple {
  webkitShowPlaybackTargetPicker?: () => void;
}
type Watched = EventTarget & Apple & Partial<Pick<HTMLVideoElement, "remote" | "disableRemotePlayback">>;

/** Tells whether there is a screen, at once and at each change, until the returned function is called. */
export function watchScreens(video: Watched, tell: (there: boolean) => void): () => void {
  const { remote } = video;
  if (video.webkitShowPlaybackTargetPicker) {
    const change = (event: Event) =>
      tell((event as Event & { availability?: string }).availability === "available");
    const name = "webkitplaybacktargetavailabilitychanged";
    video.addEventListener(name, change);
    return () => video.removeEventListener(name, change);
  }
  if (!remote || video.disableRemotePlayback) return () => {};
  let over = false;
  // Refused where the browser cannot tell; then nothing is offered.
  const watching = remote.watchAvailability((there) => !over && tell(there)).catch(() => null);
  return () => {
    over = true;
    void watching.then(async (id) => {
      if (id !== null) await remote.cancelWatchAvailability(id).catch(() => {});
    });
  };
}

/** The browser asks which screen. */
export function chooseScreen(video: Watched): void {
  if (video.webkitShowPlaybackTargetPicker) video.webkitShowPlaybackTargetPicker();
  else void video.remote?.prompt().catch(() => {});
}
