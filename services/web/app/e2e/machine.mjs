/**
 * How busy the machine is that browsers, encoder and platform share. Bounds of what a viewer notices are those of a machine that has time
 * for it; where the processors are wanted by others, too, the same work takes a multiple.
 */

/** Milliseconds that `work` takes on one core of two (x86, 2.x GHz) with nothing beside it. */
const REFERENCE_MS = 55;
const SAMPLES = 5;
/** Nothing is held to a bound more than so many times as long. */
const MOST = 6;

function work() {
  let seed = 1;
  for (let i = 0; i < 40_000_000; i++) seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) | 0;
  return seed;
}

/** How many times as long as on a quiet machine work takes now: at least 1, the median of a few tries a quarter of a second apart. */
export async function slowness() {
  const took = [];
  for (let sample = 0; sample < SAMPLES; sample++) {
    const since = performance.now();
    work();
    took.push(performance.now() - since);
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
  took.sort((a, b) => a - b);
  return Math.min(Math.max(took[SAMPLES >> 1] / REFERENCE_MS, 1), MOST);
}
