/** The last half hour as a table, a minute a line: what the charts show, for who reads rather than looks. */
import { msg, t } from "@lingui/core/macro";
import type { CoursePoint } from "../../api/history";
import type { FareMinute } from "../../api/qoe";
import { say } from "../../language/say";
import { average, bitrate, clock, count, percent } from "../../ui/figures";
import { UNKNOWN } from "../history/figures-of";
import { frameRate } from "../history/units";
import { seconds, waiting } from "./fare-words";

const HEADS = [
  msg`Time`,
  msg`Viewers`,
  msg`Waited`,
  msg`Stalls`,
  msg`Start`,
  msg`Behind live`,
  msg`Errors`,
  msg`Bitrate`,
  msg`Frame rate`,
  msg`Frames dropped`,
];

function known<T>(value: T | null | undefined, words: (value: T) => string): string {
  return value === null || value === undefined ? UNKNOWN : words(value);
}

export function FareTable({ minutes, course }: { minutes: FareMinute[]; course: CoursePoint[] }) {
  const times = [...new Set([...minutes, ...course].map(({ at }) => at))].sort().reverse();
  if (times.length === 0) return null;
  return (
    <details data-testid="fares-table" className="rounded-md border bg-raised">
      <summary className="cursor-pointer px-4 py-3 text-sm font-medium">{t`As a table, a minute a line`}</summary>
      {/* Scrolled by keyboard too. */}
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached */}
      <section className="overflow-x-auto border-t" tabIndex={0} aria-label={t`Half an hour as a table`}>
        <table className="figures w-full text-right text-sm">
          <thead className="text-xs text-quiet">
            <tr>
              {HEADS.map((head) => (
                <th key={head.id} scope="col" className="px-3 py-2 font-medium first:text-left">
                  {say(head)}
                </th>
              ))}
            </tr>
          </thead>
          <tbody className="divide-y border-t">
            {times.map((at) => (
              <Line
                key={at}
                at={at}
                fare={minutes.find((minute) => minute.at === at)}
                point={course.find((one) => one.at === at)}
              />
            ))}
          </tbody>
        </table>
      </section>
    </details>
  );
}

interface LineProps {
  at: string;
  fare: FareMinute | undefined;
  point: CoursePoint | undefined;
}

function Line({ at, fare, point }: LineProps) {
  const errors = fare && fare.errors.network + fare.errors.media + fare.errors.unsupported;
  const viewers = known(point?.viewers, average);
  const cells = [
    viewers === UNKNOWN ? known(fare?.viewers, count) : viewers,
    known(fare && waiting(fare), percent),
    known(fare?.stalls, count),
    known(fare?.start_median_s, seconds),
    known(fare?.behind_median_s, seconds),
    known(errors, count),
    known(point?.bitrate_bps, bitrate),
    known(point?.fps, frameRate),
    known(point?.bitrate_bps, () => known(point?.frames_dropped, count)),
  ];
  return (
    <tr data-testid="fares-line">
      <th scope="row" className="px-3 py-1.5 text-left font-normal whitespace-nowrap">
        {clock(at)}
      </th>
      {cells.map((cell, n) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: columns keep their places
        <td key={n} className="px-3 whitespace-nowrap">
          {cell}
        </td>
      ))}
    </tr>
  );
}
