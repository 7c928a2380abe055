/** The course of a broadcast as charts: who watched, what was said, and how it arrived. */
import type { Course, CoursePoint } from "../../api/history";
import { Chart } from "../../ui/chart";
import { average, bitrate, count } from "../../ui/figures";
import { rangeWords, rate, returns } from "./figures-of";

/** What one chart shows of each point. */
interface Shown {
  key: string;
  title: string;
  of: (point: CoursePoint) => number | null;
  value: (n: number) => string;
  tick?: (n: number) => string;
  form?: "line" | "bars";
  whole?: boolean;
  health?: boolean;
}

const plain = (unit: string) => (n: number) => `${average(n)} ${unit}`;
const megabits = (n: number) => `${average(n / 1_000_000)} M`;

const charts = (course: Course): Shown[] => [
  {
    key: "viewers",
    title: "Viewers",
    of: (p) => p.viewers,
    value: plain("viewers"),
    tick: average,
    whole: true,
  },
  {
    key: "chat",
    title: "Chat messages a minute",
    of: (p) => rate(p, course),
    value: plain("a minute"),
    tick: average,
    form: "bars",
    whole: true,
  },
  {
    key: "bitrate",
    title: "Bitrate",
    of: (p) => p.bitrate_bps,
    value: bitrate,
    tick: megabits,
    health: true,
  },
  {
    key: "fps",
    title: "Pictures a second",
    of: (p) => p.fps,
    value: plain("fps"),
    tick: average,
    health: true,
  },
  {
    key: "drops",
    title: "Frames dropped",
    of: (p) => p.frames_dropped,
    value: (n) => `${count(n)} frames`,
    tick: count,
    form: "bars",
    whole: true,
    health: true,
  },
  {
    key: "jitter",
    title: "Late frames, at worst",
    of: (p) => (p.bitrate_bps === null ? null : p.arrival_jitter_ms),
    value: plain("ms"),
    tick: average,
    health: true,
  },
];

export function CourseCharts({ course }: { course: Course }) {
  const back = returns(course.points);
  return (
    <div className="grid gap-4 lg:grid-cols-2">
      {charts(course).map(({ key, title, of, value, tick, form, whole, health }) => {
        const values = course.points.map(of);
        const reconnected =
          health && back.length > 0
            ? ` The encoder came back ${back.length === 1 ? "once" : `${back.length} times`}.`
            : "";
        return (
          <div key={key} className="min-w-0 rounded-md border bg-raised p-4">
            <Chart
              title={title}
              summary={`${rangeWords(values, value)}${reconnected}`}
              points={course.points.map((point, n) => ({ x: Date.parse(point.at), y: values[n] ?? null }))}
              value={value}
              {...(tick ? { tick } : {})}
              form={form ?? "line"}
              whole={whole ?? false}
              marks={health ? back : []}
              testId={`chart-${key}`}
            />
            {health && back.length > 0 && key === "bitrate" && (
              <p className="pt-1 text-xs text-quiet">Dashed lines: the encoder came back.</p>
            )}
          </div>
        );
      })}
    </div>
  );
}
