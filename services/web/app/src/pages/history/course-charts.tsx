/** The course of a broadcast as charts: who watched, what was said, and how it arrived. */
import { plural, t } from "@lingui/core/macro";
import type { ReactNode } from "react";
import type { Course, CoursePoint } from "../../api/history";
import { Chart } from "../../ui/chart";
import { average, bitrate, count } from "../../ui/figures";
import { rangeWords, rate, returns } from "./figures-of";
import { bitrates, frameRate, millis } from "./units";

export type CourseKey = "viewers" | "chat" | "bitrate" | "fps" | "drops" | "jitter" | "lag";

const ALL: CourseKey[] = ["viewers", "chat", "bitrate", "fps", "drops", "jitter"];

/** How a chart's card looks. */
export const CHART_CARD = "min-w-0 rounded-md border bg-raised p-4";

type Points = Pick<Course, "points" | "point_s">;

/** What one chart shows of each point. */
interface Shown {
  key: CourseKey;
  title: string;
  /** Where the title does not say what is counted. */
  unit?: string;
  of: (point: CoursePoint) => number | null;
  value: (n: number) => string;
  /** Beside the axis, without the unit. */
  tick: (n: number) => string;
  form?: "line" | "bars";
  whole?: boolean;
  health?: boolean;
}

const charts = (course: Points): Shown[] => [
  {
    key: "viewers",
    title: t`Viewers`,
    of: (p) => p.viewers,
    value: (n) => t`${average(n)} viewers`,
    tick: average,
    whole: true,
  },
  {
    key: "chat",
    title: t`Chat messages a minute`,
    of: (p) => rate(p, course),
    value: (n) => t`${average(n)} a minute`,
    tick: average,
    form: "bars",
    whole: true,
  },
  {
    key: "bitrate",
    title: t`Bitrate`,
    of: (p) => p.bitrate_bps,
    ...bitrates(course.points.map((p) => p.bitrate_bps)),
    value: bitrate,
    health: true,
  },
  {
    key: "fps",
    title: t`Frame rate`,
    unit: t`fps`,
    of: (p) => p.fps,
    value: frameRate,
    tick: average,
    health: true,
  },
  {
    key: "drops",
    title: t`Frames dropped`,
    of: (p) => (p.bitrate_bps === null ? null : p.frames_dropped),
    value: (n) => t`${count(n)} frames`,
    tick: count,
    form: "bars",
    whole: true,
    health: true,
  },
  {
    key: "jitter",
    title: t`Upload jitter, at worst`,
    unit: "ms",
    of: (p) => (p.bitrate_bps === null ? null : p.arrival_jitter_ms),
    value: millis,
    tick: average,
    health: true,
  },
  {
    key: "lag",
    title: t`Server’s encoder behind, at worst`,
    unit: "ms",
    of: (p) => (p.bitrate_bps === null ? null : p.lag_ms),
    value: millis,
    tick: average,
    health: true,
  },
];

interface Props {
  course: Points;
  /** Which, in this order. */
  only?: CourseKey[];
  /** Moments that were marked. */
  flags?: number[];
  /** More charts behind them. */
  children?: ReactNode;
}

export function CourseCharts({ course, only = ALL, flags = [], children }: Props) {
  const back = returns(course.points);
  const all = charts(course);
  const shown = only.flatMap((key) => all.find((chart) => chart.key === key) ?? []);
  return (
    <div className="grid grid-cols-1 gap-4 lg:grid-cols-2 lg:[&>:last-child:nth-child(odd)]:col-span-2">
      {shown.map(({ key, title, unit, of, value, tick, form, whole, health }) => {
        const values = course.points.map(of);
        const reconnected =
          health && back.length > 0
            ? plural(back.length, {
                one: "The encoder came back once.",
                other: "The encoder came back # times.",
              })
            : "";
        return (
          <div key={key} className={CHART_CARD}>
            <Chart
              title={title}
              unit={unit}
              summary={[rangeWords(values, value), reconnected].filter(Boolean).join(" ")}
              points={course.points.map((point, n) => ({ x: Date.parse(point.at), y: values[n] ?? null }))}
              value={value}
              tick={tick}
              form={form ?? "line"}
              whole={whole ?? false}
              marks={health ? back : []}
              flags={flags}
              testId={`chart-${key}`}
            />
            {health && back.length > 0 && key === "bitrate" && (
              <p className="pt-1 text-xs text-quiet">{t`Dashed lines: the encoder came back.`}</p>
            )}
          </div>
        );
      })}
      {children}
    </div>
  );
}
