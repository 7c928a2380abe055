/** How a picture moved over some time, looked at twenty times a second, and in one document: a page that was loaded anew knows nothing of before. */
import assert from "node:assert/strict";
import { slowness } from "./machine.mjs";

/** A picture that stands for so long is seen to stand, ms. */
const STALL_MS = 300;

/** Runs in the page: from now on `window.motion` counts pictures that were decoded and shown, how often none was for `stall` ms, and says how long at most. */
function watch(stall) {
  const video = document.querySelector("[data-testid=player-video]");
  const motion = { pictures: 0, stalls: 0, still: 0, at: performance.now() };
  window.motion = motion;
  let [time, total] = [Number.NaN, 0];
  setInterval(() => {
    const { totalVideoFrames } = video.getVideoPlaybackQuality();
    // A seek moves the playhead, and what is in hand is decoded ahead: neither alone is a picture that moves.
    if (video.currentTime === time || totalVideoFrames === total) return;
    const now = performance.now();
    if (now - motion.at >= stall) motion.stalls++;
    motion.still = Math.max(motion.still, now - motion.at);
    motion.at = now;
    // Another media pipeline counts anew.
    motion.pictures += totalVideoFrames > total ? totalVideoFrames - total : totalVideoFrames;
    [time, total] = [video.currentTime, totalVideoFrames];
  }, 50);
}

/** From now on it is looked at. */
export const watchMotion = ({ page }) => page.evaluate(watch, STALL_MS);

/** What was seen since then: how many pictures, how often one stood, and the longest that one did, ms. */
export async function motionOf({ page }) {
  const seen = await page.evaluate(() => {
    if (!window.motion) return null;
    const { pictures, stalls, still, at } = window.motion;
    return { pictures, stalls, still: Math.round(Math.max(still, performance.now() - at)) };
  });
  assert.ok(seen, "it is the same document");
  return seen;
}

/** No picture stood longer than `ms` since then, on a machine that has time for it; as much longer as this one is slower. */
export async function assertHardlyStood(who, ms, what) {
  const { still } = await motionOf(who);
  console.log(`${what}: the picture stood ${still} ms at most`);
  if (still <= ms) return;
  const times = await slowness();
  assert.ok(
    still <= ms * times,
    `${still} ms of ${ms}, the machine ${times.toFixed(1)} times as slow: ${what}`,
  );
}
