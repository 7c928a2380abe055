/**
 * A course over time: a line or bars, with axes, units, and a readout under the pointer. To who does not see it, it is one sentence; the
 * page has the same as a table.
 */
import { t } from "@lingui/core/macro";
import { type PointerEvent, useState } from "react";
import {
  alone,
  axis,
  barWidth,
  type ChartPoint,
  type Frame,
  ground,
  line,
  moments,
  nearest,
  place,
} from "./chart-scale";
import { clock, dayAndClock } from "./figures";
import { useWidth } from "./use-width";

const HEIGHT = 168;
/** Width of a character beside an axis, at 12 px, pixels: no less than what a time or a number needs on the average. */
const LETTER = 7.2;
/** Between a time and the next, pixels. */
const BETWEEN = 16;
/** How thick lines are, also that of nothing on which bars stand: where nothing is known there is none. */
const THICK = 2;
/** Height of the least bar: more than the line that it stands on. */
const LEAST = 4;

export function Chart({
  title,
  unit,
  summary,
  points,
  form = "line",
  whole = false,
  marks = [],
  flags = [],
  value,
  tick,
  testId,
}: {
  title: string;
  /** Of its values, where the title does not say it. */
  unit?: string | undefined;
  /** What it shows, in a sentence, with units. */
  summary: string;
  points: ChartPoint[];
  form?: "line" | "bars";
  /** The values have no halves. */
  whole?: boolean;
  /** Moments at which something happened. */
  marks?: number[];
  /** Moments that somebody marked. */
  flags?: number[];
  /** A value with its unit. */
  value: (y: number) => string;
  /** The same beside the axis, with all in the unit of the head, which they leave out. */
  tick: (y: number) => string;
  testId?: string;
}) {
  const [box, width] = useWidth<HTMLDivElement>();
  const [under, setUnder] = useState<number | null>(null);
  const [from, to] = [points[0]?.x ?? 0, points[points.length - 1]?.x ?? 0];
  const { top, ticks } = axis(
    points.map((point) => point.y),
    whole,
  );
  const times = to - from > 86_400_000 ? dayAndClock : clock;
  const label = LETTER * Math.max(times(from).length, times(to).length);
  // The first time stands around the first moment, as the others do around theirs.
  const left = Math.max(13 + 7 * Math.max(...ticks.map((y) => tick(y).length)), Math.ceil(label / 2));
  const bar = barWidth(width - 8 - left, points.length);
  const side = form === "bars" ? bar / 2 : 0;
  const frame: Frame = { width: width - 8, height: HEIGHT, left, bottom: 22, top: 8, side };
  const at = place(frame, from, to, top);
  const said = moments(from, to, (at.x(to) - at.x(from)) / (label + BETWEEN));
  const shown = under === null ? undefined : points[under];
  const move = (event: PointerEvent<SVGSVGElement>) => {
    const x = event.clientX - event.currentTarget.getBoundingClientRect().left;
    setUnder(nearest(points, at.moment(x)));
  };
  return (
    <figure className="flex min-w-0 flex-col gap-1" data-testid={testId}>
      <figcaption className="flex flex-wrap items-baseline justify-between gap-x-4">
        <span className="text-sm font-medium">
          {title}
          {unit && <span className="font-normal text-quiet"> ({unit})</span>}
        </span>
        <span className="figures min-h-4 text-xs text-quiet" aria-hidden>
          {shown ? `${times(shown.x)}: ${shown.y === null ? t`not known` : value(shown.y)}` : ""}
        </span>
      </figcaption>
      {/* A window that becomes narrower finds the picture as wide as it was. */}
      <div ref={box} className="min-w-0 overflow-hidden" style={{ height: HEIGHT }}>
        {width > 0 && (
          <svg
            role="img"
            aria-label={`${title}. ${summary}`}
            width={width}
            height={HEIGHT}
            className="figures block touch-pan-y text-xs"
            onPointerMove={move}
            onPointerLeave={() => setUnder(null)}
          >
            {ticks.map((y) => (
              <g key={y}>
                <line
                  x1={left}
                  x2={frame.width}
                  y1={at.y(y)}
                  y2={at.y(y)}
                  className={y === 0 ? "stroke-quiet" : "stroke-line"}
                />
                <text x={left - 6} y={at.y(y) + 4} textAnchor="end" className="fill-quiet">
                  {tick(y)}
                </text>
              </g>
            ))}
            {said
              // The last one may have no room: the steps stay even.
              .filter((x) => at.x(x) + label / 2 <= width)
              .map((x) => (
                <text key={x} x={at.x(x)} y={HEIGHT - 4} textAnchor="middle" className="fill-quiet" data-time>
                  {times(x)}
                </text>
              ))}
            {[...new Set(flags)].map((x) => (
              <line
                key={x}
                x1={at.x(x)}
                x2={at.x(x)}
                y1={frame.top}
                y2={HEIGHT - frame.bottom}
                className="stroke-quiet"
                data-flag
              />
            ))}
            {marks.map((x) => (
              <line
                key={x}
                x1={at.x(x)}
                x2={at.x(x)}
                y1={frame.top}
                y2={HEIGHT - frame.bottom}
                strokeDasharray="3 3"
                className="stroke-warn"
              />
            ))}
            {form === "line" ? (
              <path
                d={line(points, at)}
                fill="none"
                strokeWidth={THICK}
                strokeLinejoin="round"
                strokeLinecap="round"
                className="stroke-action"
              />
            ) : (
              <Bars points={points} at={at} width={bar} />
            )}
            {form === "line" &&
              alone(points).map(({ x, y }) => (
                <circle key={x} cx={at.x(x)} cy={at.y(y)} r={3} className="fill-action" />
              ))}
            {shown && shown.y !== null && (
              <circle cx={at.x(shown.x)} cy={at.y(shown.y)} r={4} className="fill-action stroke-ground" />
            )}
          </svg>
        )}
      </div>
    </figure>
  );
}

/** They stand on a line of nothing, which has gaps where nothing is known. */
function Bars({ points, at, width }: { points: ChartPoint[]; at: ReturnType<typeof place>; width: number }) {
  const zero = at.y(0);
  return (
    <>
      <path
        d={line(ground(points), at)}
        fill="none"
        strokeWidth={THICK}
        strokeLinecap="round"
        className="stroke-action"
        data-zero
      />
      {points.map(({ x, y }) => {
        if (y === null) return null;
        const height = y === 0 ? THICK : Math.max(LEAST, zero - at.y(y));
        return (
          <rect
            key={x}
            x={at.x(x) - width / 2}
            y={y === 0 ? zero - THICK / 2 : zero - height}
            width={width}
            height={height}
            className="fill-action"
          />
        );
      })}
    </>
  );
}
