/** How what charts and tables show is written: with its unit, and beside an axis, whose chart names the unit in its head, without. Pure but for the locale. */
import { t } from "@lingui/core/macro";
import { average, number, percent } from "../../ui/figures";

/** What the head of a chart names, and how a value is written beside its axis. */
export interface Unit {
  unit: string;
  tick: (value: number) => string;
}

/** Of bits a second: all of an axis in the unit that fits the most of them. */
export function bitrates(bps: (number | null)[]): Unit {
  const most = Math.max(0, ...bps.map((value) => value ?? 0));
  if (most < 1_000_000) return { unit: "kbit/s", tick: (n) => number(Math.round(n / 1_000)) };
  return { unit: "Mbit/s", tick: (n) => average(n / 1_000_000) };
}

export function millis(ms: number): string {
  return `${number(Math.round(ms))} ms`;
}

/** 30 → "30 fps"; none is "0 fps". */
export function frameRate(fps: number): string {
  const shown = average(fps);
  return t`${shown} fps`;
}

/** Of percents, 0 to 100. */
export function shareOf(percents: number): string {
  return percent(percents / 100);
}
