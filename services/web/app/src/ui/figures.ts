/**
 * Numbers, lists, dates and times as people read them: in the language of the app, by the habits of the reader's country. The one place
 * that asks `Intl`.
 */
import { plural, t } from "@lingui/core/macro";
import { tag } from "../language/language";

/** Making a formatter costs more than using it, and clocks use it each second. */
const made = new Map<string, unknown>();

function kept<F, O>(kind: new (tag: string, options: O) => F, options: O): F {
  const key = `${kind.name} ${tag()} ${JSON.stringify(options)}`;
  const formatter = (made.get(key) as F | undefined) ?? new kind(tag(), options);
  made.set(key, formatter);
  return formatter;
}

export function number(n: number, options: Intl.NumberFormatOptions = {}): string {
  return kept(Intl.NumberFormat, options).format(n);
}

/** 1 234 → "1,234"; from ten thousand on "12.3K". */
export function count(n: number): string {
  return number(n, n < 10_000 ? {} : { notation: "compact", maximumFractionDigits: 1 });
}

export function viewers(n: number): string {
  const shown = count(n);
  return plural(n, { one: `${shown} viewer`, other: `${shown} viewers` });
}

/** A share from 0 to 1, a small one with a digit more. */
export function percent(share: number): string {
  return number(share, { style: "percent", maximumFractionDigits: share < 0.1 ? 1 : 0 });
}

/** 2 534 000 → "2.53 Mbit/s"; below one million in kbit/s. */
export function bitrate(bps: number): string {
  if (bps < 1_000_000) return `${number(Math.round(bps / 1_000))} kbit/s`;
  return `${number(bps / 1_000_000, { minimumFractionDigits: 2, maximumFractionDigits: 2 })} Mbit/s`;
}

/** "30 fps", "29.9 fps"; null for none. */
export function fps(value: number | undefined): string | null {
  if (!value) return null;
  const shown = Number.isInteger(value) ? number(value) : oneDigit(value);
  return t`${shown} fps`;
}

/** Time since `iso` as 1:02:03. */
export function clockSince(iso: string, now: number): string {
  return clockOf(now - Date.parse(iso));
}

/** 3 723 000 → "1:02:03". */
export function clockOf(ms: number): string {
  const total = Math.max(0, Math.floor(ms / 1_000));
  if (!Number.isFinite(total)) return "";
  const h = Math.floor(total / 3600);
  const m = Math.floor((total % 3600) / 60);
  const s = total % 60;
  const two = (n: number) => String(n).padStart(2, "0");
  return h ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}

/** 3 720 → "1 h 2 min"; below a minute in seconds, from a hundred hours on without minutes. */
export function duration(seconds: number): string {
  const total = Math.max(0, Math.round(seconds));
  if (total < 60) return t`${total} s`;
  const minutes = Math.round(total / 60);
  const [h, m] = [Math.floor(minutes / 60), minutes % 60];
  if (h === 0) return t`${m} min`;
  const hours = number(h);
  return h >= 100 || m === 0 ? t`${hours} h` : t`${hours} h ${m} min`;
}

/** 12.34 → "12.3"; whole numbers as they are. */
export function average(n: number): string {
  return number(n, { maximumFractionDigits: 1 });
}

/** 1.04 → "1.0". */
export function oneDigit(n: number): string {
  return number(n, { minimumFractionDigits: 1, maximumFractionDigits: 1 });
}

/** "Ada, Noor and Tom". */
export function list(items: string[]): string {
  return kept(Intl.ListFormat, { type: "conjunction" } as const).format(items);
}

type When = string | number | Date;

/** Nothing of what is no time: `Intl` throws at it, and a page would be gone for one odd answer. */
function when(at: When, options: Intl.DateTimeFormatOptions): string {
  const time = new Date(at);
  return Number.isNaN(time.getTime()) ? "" : kept(Intl.DateTimeFormat, options).format(time);
}

const CLOCK = { hour: "2-digit", minute: "2-digit" } as const;

/** "Sat, 28 Nov 2026, 19:14", on the reader's own clocks. */
export function moment(at: When): string {
  return when(at, { weekday: "short", day: "numeric", month: "short", year: "numeric", ...CLOCK });
}

/** "28 Nov 2026, 19:14". */
export function dateTime(at: When): string {
  return when(at, { dateStyle: "medium", timeStyle: "short" });
}

/** "28 Nov 2026, 19:14:07", where the second counts. */
export function exactly(at: When): string {
  return when(at, { dateStyle: "medium", timeStyle: "medium" });
}

/** "28 Nov 2026". */
export function date(at: When): string {
  return when(at, { dateStyle: "medium" });
}

/** "19:14"; in another zone than the reader's where one is named. */
export function clock(at: When, timeZone?: string): string {
  return when(at, { ...CLOCK, ...(timeZone ? { timeZone } : {}) });
}

/** "19:14:07". */
export function clockWithSeconds(at: When): string {
  return when(at, { timeStyle: "medium" });
}

/** "28 Nov, 19:14". */
export function dayAndClock(at: When): string {
  return when(at, { day: "numeric", month: "short", ...CLOCK });
}

/** "Sat, 28 Nov". */
export function weekday(at: When, timeZone?: string): string {
  return when(at, { weekday: "short", day: "numeric", month: "short", ...(timeZone ? { timeZone } : {}) });
}

/** "just now", "2 minutes ago", "3 days ago". */
export function ago(iso: string, now: number): string {
  const seconds = Math.max(0, (now - Date.parse(iso)) / 1_000);
  if (!Number.isFinite(seconds) || seconds < 45) return t`just now`;
  const format = kept(Intl.RelativeTimeFormat, { numeric: "auto" } as const);
  if (seconds < 3_000) return format.format(-Math.round(seconds / 60), "minute");
  if (seconds < 80_000) return format.format(-Math.round(seconds / 3_600), "hour");
  return format.format(-Math.round(seconds / 86_400), "day");
}
