/** Lengths of time in words and back. Pure. */
import { plural, t } from "@lingui/core/macro";

interface Unit {
  seconds: number;
  short: (n: number) => string;
  full: (n: number) => string;
}

const SECOND: Unit = {
  seconds: 1,
  short: (n) => t`${n} s`,
  full: (n) => plural(n, { one: "# second", other: "# seconds" }),
};

const UNITS: Unit[] = [
  { seconds: 86_400, short: (n) => t`${n} d`, full: (n) => plural(n, { one: "# day", other: "# days" }) },
  { seconds: 3_600, short: (n) => t`${n} h`, full: (n) => plural(n, { one: "# hour", other: "# hours" }) },
  { seconds: 60, short: (n) => t`${n} min`, full: (n) => plural(n, { one: "# minute", other: "# minutes" }) },
  SECOND,
];

/** The two largest units of a length of time with how many of each there are; the second only where there is some of it. */
function parts(whole: number): Array<[Unit, number]> {
  const at = UNITS.findIndex(({ seconds }) => whole >= seconds);
  const [first = SECOND, second] = at < 0 ? [SECOND] : UNITS.slice(at, at + 2);
  const rest = second ? Math.floor((whole % first.seconds) / second.seconds) : 0;
  const head: [Unit, number] = [first, Math.floor(whole / first.seconds)];
  return second && rest > 0 ? [head, [second, rest]] : [head];
}

const wholeOf = (seconds: number) => Math.max(0, Math.round(seconds));

/** "4 min 59 s", "2 h", "1 d 3 h": the two largest units, and below a minute "7 seconds". */
export function span(seconds: number): string {
  const whole = wholeOf(seconds);
  if (whole < 60) return SECOND.full(whole);
  return parts(whole)
    .map(([unit, n]) => unit.short(n))
    .join(" ");
}

/** A round length in full: "10 minutes", "1 day"; what is not round as `span`. */
export function longSpan(seconds: number): string {
  const unit = UNITS.find((u) => seconds >= u.seconds && seconds % u.seconds === 0);
  return unit ? unit.full(seconds / unit.seconds) : span(seconds);
}

/** The two largest units in full, for sentences: "6 days 23 hours", "1 minute 5 seconds". */
export function spanInWords(seconds: number): string {
  return parts(wholeOf(seconds))
    .map(([unit, n]) => unit.full(n))
    .join(" ");
}

/** Whole seconds from `now` until `until` (milliseconds since 1970), never below zero. */
export function secondsUntil(until: number, now: number): number {
  return Math.max(0, Math.ceil((until - now) / 1_000));
}
