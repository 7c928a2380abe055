/** The geometry of a chart: from values to pixels, and round numbers beside its axes. Pure. */

export interface ChartPoint {
  /** Unix milliseconds. */
  x: number;
  /** Null: not known; the line has a gap there. */
  y: number | null;
}

export interface Frame {
  width: number;
  height: number;
  /** Space for the numbers on the left and the times below. */
  left: number;
  bottom: number;
  top: number;
  /** Room at either end of the times, for bars: they stand around their moments. */
  side?: number;
}

/** A round number at or above, of which halves and fifths are round too: 1, 2, 5, 10, 20 … */
export function roundUp(value: number): number {
  if (!(value > 0)) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  const step = [1, 2, 5, 10].find((n) => n * power >= value * (1 - 1e-9)) ?? 10;
  return step * power;
}

/** The top of the axis for these values, and where lines are drawn. `whole`: of things that have no halves. */
export function axis(values: (number | null)[], whole: boolean): { top: number; ticks: number[] } {
  const most = values.reduce<number>((max, value) => Math.max(max, value ?? 0), 0);
  const step = roundUp(Math.max(most, whole ? 2 : 0) / 4);
  const used = whole ? Math.max(1, step) : step;
  const lines = Math.max(1, Math.ceil(most / used - 1e-9));
  const ticks = Array.from({ length: lines + 1 }, (_, n) => n * used);
  return { top: lines * used, ticks };
}

const MINUTE = 60_000;
const STEPS = [1, 2, 5, 10, 15, 20, 30, 60, 120, 180, 240, 360, 720, 1440, 2880, 10_080].map(
  (n) => n * MINUTE,
);

/** Moments on the time axis, at round distances from the first; `most` of the distances at most fit between the first moment and the last. */
export function moments(from: number, to: number, most: number): number[] {
  if (most < 1) return [from];
  const wanted = (to - from) / most;
  const step = STEPS.find((n) => n >= wanted) ?? Math.ceil(wanted / MINUTE) * MINUTE;
  const found: number[] = [];
  for (let x = from; x <= to; x += step) found.push(x);
  return found;
}

/** Where values stand inside of a frame, and which moment is at a place. */
export function place(frame: Frame, from: number, to: number, top: number) {
  const side = frame.side ?? 0;
  const start = frame.left + side;
  const wide = frame.width - frame.left - 2 * side;
  const high = frame.height - frame.top - frame.bottom;
  return {
    x: (x: number) => start + (to > from ? (x - from) / (to - from) : 0.5) * wide,
    y: (y: number) => frame.top + high - (top > 0 ? y / top : 0) * high,
    moment: (pixels: number) => from + ((pixels - start) / Math.max(1, wide)) * (to - from),
  };
}

/** How wide each of so many bars is, pixels. */
export function barWidth(wide: number, bars: number): number {
  return Math.max(1, Math.min(12, (wide / Math.max(1, bars)) * 0.7));
}

/** Nothing at each moment of which something is known: what bars stand on. */
export function ground(points: ChartPoint[]): ChartPoint[] {
  return points.map(({ x, y }) => ({ x, y: y === null ? null : 0 }));
}

/** An SVG path through the points, anew after each gap. */
export function line(points: ChartPoint[], at: ReturnType<typeof place>): string {
  let path = "";
  points.forEach(({ x, y }, n) => {
    if (y === null) return;
    const here = `${at.x(x).toFixed(1)},${at.y(y).toFixed(1)}`;
    const after = (points[n - 1]?.y ?? null) !== null;
    path += `${after ? "L" : "M"}${here}`;
  });
  return path;
}

/** Points between two gaps: no line leads to or from them. */
export function alone(points: ChartPoint[]): { x: number; y: number }[] {
  const known = (n: number) => (points[n]?.y ?? null) !== null;
  return points.flatMap(({ x, y }, n) => (y === null || known(n - 1) || known(n + 1) ? [] : [{ x, y }]));
}

/** The point whose moment is nearest to a place; the points are in their order. */
export function nearest(points: ChartPoint[], x: number): number {
  let best = 0;
  points.forEach((point, n) => {
    if (Math.abs(point.x - x) < Math.abs((points[best]?.x ?? 0) - x)) best = n;
  });
  return best;
}
