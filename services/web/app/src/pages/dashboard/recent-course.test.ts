import { describe, expect, it } from "vitest";
import type { CoursePoint } from "../../api/history";
import { RecentCourse } from "./recent-course";

const BEGUN = Date.parse("2026-11-28T19:00:00Z");
const at = (seconds: number) => BEGUN + seconds * 1_000;

const stored = (seconds: number, reconnects = 0): CoursePoint => ({
  at: new Date(at(seconds)).toISOString(),
  viewers: 9,
  peak_viewers: 9,
  messages: 3,
  bitrate_bps: 1,
  fps: 1,
  arrival_jitter_ms: 0,
  lag_ms: 0,
  frames_dropped: 5,
  reconnects,
});

const health = (dropped: number, rate = 2_000_000) => ({
  video_bitrate_bps: rate,
  audio_bitrate_bps: 128_000,
  fps: 30,
  frames_dropped: dropped,
  arrival_jitter_ms: 12,
});
const rung = (lag_ms: number, shed = false) => ({
  name: "480p",
  width: 854,
  height: 480,
  fps: 30,
  bitrate_bps: 1,
  codecs: "",
  lag_ms,
  shed,
});

describe("the last half hour", () => {
  it("goes on with each push, ten seconds a point", () => {
    const course = new RecentCourse();
    course.of("b");
    course.see(at(1), health(100), [rung(200), rung(9_000, true)], 2);
    course.see(at(2), health(103, 3_000_000), [rung(350)], 4);
    course.see(at(12), health(103), [], 4);
    const [first, second] = course.points([], 60_000, at(13));
    expect(first).toMatchObject({
      at: "2026-11-28T19:00:00.000Z",
      viewers: 3,
      peak_viewers: 4,
      bitrate_bps: 2_628_000,
      fps: 30,
      frames_dropped: 3,
      lag_ms: 350,
    });
    expect([second?.frames_dropped, second?.bitrate_bps]).toEqual([0, 2_128_000]);
  });

  it("counts drops of the encoder's next session anew", () => {
    const course = new RecentCourse();
    course.see(at(1), health(100), [], 0);
    course.see(at(2), health(4), [], 0);
    expect(course.points([], 60_000, at(3))[0]?.frames_dropped).toBe(4);
  });

  it("has the server's minutes where this page was not open, and no moment twice", () => {
    const course = new RecentCourse();
    course.see(at(125), health(0), [], 1);
    const points = course.points([stored(0), stored(60), stored(120, 1)], 60_000, at(190));
    expect(points.map((point) => [Date.parse(point.at), point.reconnects])).toEqual([
      [at(0), 0],
      [at(60), 0],
      [at(120), 1],
    ]);
    expect(points[2]?.viewers).toBe(1);
  });

  it("has a gap where nothing came, and none where a push is late", () => {
    const course = new RecentCourse();
    for (const second of [1, 25, 95]) course.see(at(second), health(0), [], 1);
    const points = course.points([], 60_000, at(96));
    expect(points.map((point) => [Date.parse(point.at), point.bitrate_bps === null])).toEqual([
      [at(0), false],
      [at(20), false],
      [at(30), true],
      [at(90), false],
    ]);
    const minutes = new RecentCourse().points([stored(0), stored(60), stored(240)], 60_000, at(300));
    expect(minutes.map((point) => point.viewers)).toEqual([9, 9, null, 9]);
    // The minute in which the page was opened is not stored yet.
    const opened = (second: number) => {
      const recent = new RecentCourse();
      recent.see(at(second), health(0), [], 1);
      return recent.points([stored(0)], 60_000, at(200)).map((point) => point.viewers);
    };
    expect([opened(115), opened(135)]).toEqual([
      [9, 1],
      [9, null, 1],
    ]);
  });

  it("ends half an hour ago and with the broadcast", () => {
    const course = new RecentCourse();
    course.of("b");
    course.see(at(5), health(0), [], 1);
    expect(course.points([stored(-60), stored(60)], 60_000, at(1_805)).map((p) => Date.parse(p.at))).toEqual([
      at(60),
    ]);
    course.of("b");
    expect(course.points([], 60_000, at(6))).toHaveLength(1);
    course.of("c");
    expect(course.points([], 60_000, at(6))).toEqual([]);
  });
});
