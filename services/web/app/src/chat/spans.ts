/** Lengths of time in words and back. Pure. */

const UNITS: Array<[seconds: number, short: string, one: string, many: string]> = [
  [86_400, "d", "day", "days"],
  [3_600, "h", "hour", "hours"],
  [60, "min", "minute", "minutes"],
  [1, "s", "second", "seconds"],
];

/** "4 min 59 s", "2 h", "1 d 3 h": the two largest units, and below a minute "7 seconds". */
export function span(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return whole === 1 ? "1 second" : `${whole} seconds`;
  const at = UNITS.findIndex(([size]) => whole >= size);
  const first = UNITS[at];
  const second = UNITS[at + 1];
  if (!first) return "0 seconds";
  const rest = second ? Math.floor((whole % first[0]) / second[0]) : 0;
  const head = `${Math.floor(whole / first[0])} ${first[1]}`;
  return second && rest > 0 ? `${head} ${rest} ${second[1]}` : head;
}

/** A round length in full: "10 minutes", "1 day"; what is not round as `span`. */
export function longSpan(seconds: number): string {
  for (const [size, , one, many] of UNITS) {
    if (seconds >= size && seconds % size === 0) {
      const n = seconds / size;
      return `${n} ${n === 1 ? one : many}`;
    }
  }
  return span(seconds);
}

/** The two largest units in full, for sentences: "6 days 23 hours", "1 minute 5 seconds". */
export function spanInWords(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const at = UNITS.findIndex(([size]) => whole >= size);
  const [first, second] = at < 0 ? UNITS.slice(-1) : UNITS.slice(at, at + 2);
  if (!first) return "";
  const rest = second ? Math.floor((whole % first[0]) / second[0]) : 0;
  const counted = (n: number, [, , one, many]: (typeof UNITS)[number]) => `${n} ${n === 1 ? one : many}`;
  const head = counted(Math.floor(whole / first[0]), first);
  return second && rest > 0 ? `${head} ${counted(rest, second)}` : head;
}

/** Whole seconds from `now` until `until` (milliseconds since 1970), never below zero. */
export function secondsUntil(until: number, now: number): number {
  return Math.max(0, Math.ceil((until - now) / 1_000));
}
