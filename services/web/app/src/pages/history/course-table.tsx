/** The course of a broadcast as a table: what the charts show, for who reads rather than looks. */

import { msg, t } from "@lingui/core/macro";
import type { Course, CoursePoint } from "../../api/history";
import { say } from "../../language/say";
import { average, bitrate, clock, count, duration } from "../../ui/figures";
import { UNKNOWN } from "./figures-of";
import { frameRate, millis } from "./units";

const HEADS = [
  msg`Time`,
  msg`Viewers`,
  msg`Most`,
  msg`Messages`,
  msg`Bitrate`,
  msg`Frame rate`,
  msg`Frames dropped`,
  msg`Upload jitter`,
  msg`Server’s encoder behind`,
  msg`Reconnects`,
];

export function CourseTable({ course }: { course: Course }) {
  const known = (n: number | null, words: (n: number) => string) => (n === null ? UNKNOWN : words(n));
  // Where no bitrate is known, nothing of what arrived was measured.
  const measured = (p: CoursePoint, n: number, words: (n: number) => string) =>
    known(p.bitrate_bps === null ? null : n, words);
  return (
    <details data-testid="course-table" className="rounded-md border bg-raised">
      <summary className="cursor-pointer px-4 py-3 text-sm font-medium">
        {t`As a table, ${duration(course.point_s)} a line`}
      </summary>
      {/* Scrolled by keyboard too. */}
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached */}
      <section className="overflow-x-auto border-t" tabIndex={0} aria-label={t`The course as a table`}>
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
            {course.points.map((p) => (
              <tr key={p.at} data-testid="course-line">
                <th scope="row" className="px-3 py-1.5 text-left font-normal whitespace-nowrap">
                  {clock(p.at)}
                </th>
                <td className="px-3">{known(p.viewers, average)}</td>
                <td className="px-3">{p.viewers === null ? UNKNOWN : count(p.peak_viewers)}</td>
                <td className="px-3">{count(p.messages)}</td>
                <td className="px-3 whitespace-nowrap">{known(p.bitrate_bps, bitrate)}</td>
                <td className="px-3 whitespace-nowrap">{known(p.fps, frameRate)}</td>
                <td className="px-3">{measured(p, p.frames_dropped, count)}</td>
                <td className="px-3 whitespace-nowrap">{measured(p, p.arrival_jitter_ms, millis)}</td>
                <td className="px-3 whitespace-nowrap">{measured(p, p.lag_ms, millis)}</td>
                <td className="px-3">{p.reconnects}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </section>
    </details>
  );
}
