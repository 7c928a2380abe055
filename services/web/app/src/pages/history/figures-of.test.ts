import { describe, expect, it } from "vitest";
import type { Course, CoursePoint, OwnBroadcast } from "../../api/history";
import { average, duration } from "../../ui/figures";
import { figuresOf, rangeWords, rate, returns, UNKNOWN } from "./figures-of";

const past: OwnBroadcast = {
  id: "1",
  title: "",
  category: "",
  tags: [],
  test: false,
  started_at: "2026-11-28T19:00:00Z",
  ended_at: "2026-11-28T21:05:00Z",
  duration_s: 7_500,
  visibility: "public",
  complete: true,
  peak_viewers: 12,
  average_viewers: 7.25,
  watched_s: 54_375,
  unique_viewers: 40,
  messages: 130,
  messages_per_minute: 1.04,
};

const point: CoursePoint = {
  at: "2026-11-28T19:00:00Z",
  viewers: 1,
  peak_viewers: 2,
  messages: 6,
  bitrate_bps: null,
  fps: null,
  arrival_jitter_ms: 0,
  lag_ms: 0,
  frames_dropped: 0,
  reconnects: 0,
};

describe("the figures of a broadcast", () => {
  it("are said with their units", () => {
    const values = figuresOf(past).map((figure) => figure.value);
    expect(values).toEqual(["2 h 5 min", "12", average(7.25), "15 h 6 min", "40", "130"]);
  });

  it("are not zero where nobody counted", () => {
    const unknown = figuresOf({ ...past, peak_viewers: null, average_viewers: null });
    expect(unknown.map((figure) => figure.value)).toEqual([
      "2 h 5 min",
      UNKNOWN,
      UNKNOWN,
      UNKNOWN,
      UNKNOWN,
      "130",
    ]);
  });

  it("are a minute's, whatever a point stands for", () => {
    expect(rate(point, { ...past, point_s: 120, points: [] } as Course)).toBe(3);
    expect(returns([point, { ...point, reconnects: 2 }])).toEqual([Date.parse(point.at)]);
  });

  it("are a sentence for who does not see the chart", () => {
    expect(rangeWords([null, 3, 1], String)).toBe("Between 1 and 3.");
    expect(rangeWords([null], String)).toBe("Nothing is known of it.");
  });

  it("have durations that can be read", () => {
    const said = [0, 59.4, 60, 3_599, 3_600, 3_725, 360_000, 400_000].map(duration);
    expect(said).toEqual(["0 s", "59 s", "1 min", "1 h", "1 h", "1 h 2 min", "100 h", "111 h"]);
  });
});
