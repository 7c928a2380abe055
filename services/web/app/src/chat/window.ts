/** Which lines of a long list are in the page: those at the end while one follows it, else a stretch around what one reads. Pure. */

export interface Stretch {
  from: number;
  to: number;
}

/** Lines in the page while one follows. More than two screens of the highest window. */
export const TAIL = 80;
/** Lines in the page while one reads further up. */
export const MOST = 240;
/** By so many the stretch grows when one comes near its end. */
export const STEP = 60;

export function tail(length: number): Stretch {
  return { from: Math.max(0, length - TAIL), to: length };
}

/** One more step up; what falls off below comes back with `down`. */
export function up({ from, to }: Stretch): Stretch {
  const start = Math.max(0, from - STEP);
  return { from: start, to: Math.min(to, start + MOST) };
}

export function down({ from, to }: Stretch, length: number): Stretch {
  const end = Math.min(length, to + STEP);
  return { from: Math.max(from, end - MOST), to: end };
}

/** A stretch with `index` in it, the present one if that has it. */
export function around(stretch: Stretch, index: number, length: number): Stretch {
  if (index >= stretch.from && index < stretch.to) return stretch;
  const from = Math.max(0, index - STEP);
  return { from, to: Math.min(length, from + MOST) };
}
