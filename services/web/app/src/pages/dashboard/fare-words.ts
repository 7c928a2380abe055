/** How viewers fare, in a sentence with what to do about it, and in figures. Pure but for the locale. */
import { plural, t } from "@lingui/core/macro";
import type { Rendition } from "../../api/contract";
import type { CoursePoint } from "../../api/history";
import type { Fare, FareMinute } from "../../api/qoe";
import type { ChartPoint } from "../../ui/chart-scale";
import { average, count, percent, viewers as viewersOf } from "../../ui/figures";
import { UNKNOWN } from "../history/figures-of";

/** The sentence is about the last minutes: what was before, the charts show. */
const JUDGED_MS = 5 * 60_000;
/** Less time of all viewers together says nothing yet, seconds. */
const ENOUGH_S = 5;
/** Shares of the time in which viewers wait. A start's first moments are not in them. */
const FEW = 0.005;
const MANY = 0.02;
/** Later than our player's buffer forgives, and further behind than a rung that keeps up; as the coach has it. */
const JITTER_MS = 400;
const LAG_MS = 3_000;
/** Share of the time in the lowest quality from which on the links are too narrow for it. */
const MOSTLY = 0.5;
/** Classes of picture heights, as edges count them. */
const HEIGHTS = [240, 360, 480, 720, 1080, 1440, 2160, 4320];
const MINUTE_MS = 60_000;

export interface Verdict {
  code: "nobody" | "unknown" | "well" | "seldom" | "upload" | "server" | "single" | "lowest" | "links";
  tone: "good" | "quiet" | "warn";
  text: string;
}

interface Seen {
  minutes: FareMinute[];
  points: CoursePoint[];
  renditions: Rendition[];
  viewers: number;
  now: number;
}

/** Share of the time in which viewers waited; null: nobody watched. */
export function waiting({ watched_s, stalled_s }: Pick<Fare, "watched_s" | "stalled_s">): number | null {
  const all = watched_s + stalled_s;
  return all > 0 ? stalled_s / all : null;
}

export function verdict({ minutes, points, renditions, viewers, now }: Seen): Verdict {
  const judged = minutes.filter(({ at }) => Date.parse(at) > now - JUDGED_MS);
  const sum = (of: (minute: FareMinute) => number) => judged.reduce((all, minute) => all + of(minute), 0);
  const [watched_s, stalled_s] = [sum((m) => m.watched_s), sum((m) => m.stalled_s)];
  if (viewers === 0) return { code: "nobody", tone: "quiet", text: t`Nobody watches right now.` };
  if (watched_s + stalled_s < ENOUGH_S) return { code: "unknown", tone: "quiet", text: unknown(viewers) };
  const share = waiting({ watched_s, stalled_s }) ?? 0;
  if (share < FEW) return { code: "well", tone: "good", text: well(viewers) };
  // How much in figures is said once, of the half hour: two spans' shares side by side look like one that is wrong.
  if (share < MANY)
    return {
      code: "seldom",
      tone: "quiet",
      text: t`In the last five minutes your viewers waited now and then.`,
    };
  const cause = causeOf(
    judged,
    points.filter(({ at }) => Date.parse(at) > now - JUDGED_MS),
    renditions,
    watched_s,
  );
  return {
    code: cause.code,
    tone: "warn",
    text: `${t`In the last five minutes your viewers waited often.`} ${cause.text}`,
  };
}

function unknown(viewers: number): string {
  const watching = viewersOf(viewers);
  return t`${watching}. Players on this platform’s pages report every ten seconds how it goes; others do not.`;
}

function well(viewers: number): string {
  return plural(viewers, {
    one: "Your viewer watches without a break.",
    other: "Your # viewers watch without a break.",
  });
}

function causeOf(
  minutes: FareMinute[],
  points: CoursePoint[],
  renditions: Rendition[],
  watched: number,
): Pick<Verdict, "code" | "text"> {
  if (points.some((point) => point.reconnects > 0 || point.arrival_jitter_ms >= JITTER_MS)) {
    return {
      code: "upload",
      text: t`Your upload is unsteady, and what comes late here comes late for everybody. Lower the bitrate in OBS, or use a network cable.`,
    };
  }
  if (points.some((point) => point.lag_ms > LAG_MS)) {
    return {
      code: "server",
      text: t`The server's encoder does not keep up. Only this server's operator can change that.`,
    };
  }
  const made = renditions.filter((rendition) => !rendition.shed).sort((a, b) => a.height - b.height);
  const lowest = made[0];
  if (!lowest || made.length < 2) {
    return {
      code: "single",
      text: t`There is only one quality, and some viewers’ connections carry less. Lower the bitrate in OBS under Settings → Output.`,
    };
  }
  const most = HEIGHTS.find((height) => height >= lowest.height) ?? lowest.height;
  const low = minutes.flatMap(({ rungs }) => rungs).filter(({ height }) => height <= most);
  const seconds = low.reduce((all, rung) => all + rung.watched_s, 0);
  if (seconds >= watched * MOSTLY) {
    const { name } = lowest;
    return { code: "lowest", text: t`Their connections carry less than your lowest quality, ${name}.` };
  }
  return { code: "links", text: t`Their connections are unsteady; what you send is fine.` };
}

export interface FareFigure {
  key: string;
  name: string;
  value: string;
  note?: string | null;
}

/** Of the half hour. */
export function fareFigures(fare: Fare): FareFigure[] {
  const share = waiting(fare);
  const { network, media, unsupported } = fare.errors;
  const late = fare.start_p95_s === null ? null : seconds(fare.start_p95_s);
  return [
    { key: "waiting", name: t`Time waited`, value: share === null ? UNKNOWN : percent(share) },
    {
      key: "start",
      name: t`Start, typically`,
      value: fare.start_median_s === null ? UNKNOWN : seconds(fare.start_median_s),
      note: late && fare.starts > 1 ? t`19 of 20 within ${late}` : null,
    },
    {
      key: "behind",
      name: t`Behind live, typically`,
      value: fare.behind_median_s === null ? UNKNOWN : seconds(fare.behind_median_s),
    },
    {
      key: "errors",
      name: t`Errors`,
      value: count(network + media + unsupported),
      note: kinds(fare.errors),
    },
    { key: "rungs", name: t`Mostly watched in`, ...quality(fare) },
  ];
}

export function seconds(s: number): string {
  const shown = average(s);
  return t`${shown} s`;
}

function kinds({ network, media, unsupported }: Fare["errors"]): string | null {
  const parts = [
    network > 0 ? plural(network, { other: "# of the network" }) : null,
    media > 0 ? plural(media, { other: "# of decoding" }) : null,
    unsupported > 0 ? plural(unsupported, { other: "# without the codec" }) : null,
  ].filter((part) => part !== null);
  return parts.length > 0 ? parts.join(", ") : null;
}

function quality({ rungs }: Fare): { value: string; note?: string | null } {
  const all = rungs.reduce((sum, rung) => sum + rung.watched_s, 0);
  const most = [...rungs].sort((a, b) => b.watched_s - a.watched_s)[0];
  if (!most || all === 0) return { value: UNKNOWN };
  const part = percent(most.watched_s / all);
  return { value: `${most.height}p`, note: rungs.length > 1 ? t`${part} of the time` : null };
}

/** Percents of waiting by the minute, with gaps where nobody watched. */
export function waitingPoints(minutes: FareMinute[]): ChartPoint[] {
  return minutes.flatMap((minute, n) => {
    const x = Date.parse(minute.at);
    const before = n > 0 ? Date.parse(minutes[n - 1]?.at ?? "") : x;
    const share = waiting(minute);
    const here = { x, y: share === null ? null : share * 100 };
    return x - before > 1.5 * MINUTE_MS ? [{ x: before + MINUTE_MS, y: null }, here] : [here];
  });
}
