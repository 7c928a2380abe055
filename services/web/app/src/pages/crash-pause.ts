/** How long a page that broke waits before it loads itself anew. Pure. */

const FIRST_MS = 5_000;
const MOST_MS = 300_000;
/** Who ran so long begins with the first pause again. */
const WELL_MS = 1_800_000;

/** The newest crash: when, and how many there were before it in a row. */
export interface Crash {
  at: number;
  before: number;
}

/** The crash now, after the one that is remembered. */
export function crashAfter(last: Crash | null, now: number): Crash {
  const row = last !== null && now >= last.at && now - last.at < WELL_MS;
  return { at: now, before: row ? last.before + 1 : 0 };
}

export const pauseMs = ({ before }: Crash): number => Math.min(MOST_MS, FIRST_MS * 2 ** Math.min(before, 10));
