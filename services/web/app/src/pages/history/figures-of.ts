/** The figures of a broadcast in words, for lists and for its own page. Pure but for the locale. */
import { t } from "@lingui/core/macro";
import type { Course, CoursePoint, OwnBroadcast } from "../../api/history";
import { average, count, duration } from "../../ui/figures";

/** What stands where nobody counted. */
export const UNKNOWN = "–";

export interface Figure {
  key: string;
  name: string;
  value: string;
}

export function figuresOf(past: OwnBroadcast): Figure[] {
  const known = (n: number | null, words: (n: number) => string) => (n === null ? UNKNOWN : words(n));
  const watched = past.peak_viewers === null ? UNKNOWN : duration(past.watched_s);
  return [
    { key: "duration", name: t`Duration`, value: duration(past.duration_s) },
    { key: "peak", name: t`Most viewers`, value: known(past.peak_viewers, count) },
    { key: "average", name: t`Viewers on average`, value: known(past.average_viewers, average) },
    { key: "watched", name: t`Watched in all`, value: watched },
    {
      key: "unique",
      name: t`Sessions`,
      value: past.peak_viewers === null ? UNKNOWN : count(past.unique_viewers),
    },
    { key: "messages", name: t`Chat messages`, value: count(past.messages) },
  ];
}

/** What a person who does not see the chart is told of it. */
export function rangeWords(values: (number | null)[], words: (n: number) => string): string {
  const known = values.filter((value) => value !== null);
  if (known.length === 0) return t`Nothing is known of it.`;
  const [least, most] = [words(Math.min(...known)), words(Math.max(...known))];
  return t`Between ${least} and ${most}.`;
}

/** Messages a minute in a point. */
export function rate(point: CoursePoint, course: Pick<Course, "point_s">): number {
  return (point.messages * 60) / course.point_s;
}

/** Moments at which the encoder came back. */
export function returns(points: CoursePoint[]): number[] {
  return points.filter((point) => point.reconnects > 0).map((point) => Date.parse(point.at));
}
