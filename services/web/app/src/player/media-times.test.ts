/** Times are read from the ranges that browsers give. */
import { expect, it } from "vitest";
import { bufferedEnd, lastBufferedEnd, liveEdge, oldestMoment, type Timed } from "./media-times";

function ranges(...list: Array<[number, number]>): TimeRanges {
  return { length: list.length, start: (i) => list[i]?.[0] ?? 0, end: (i) => list[i]?.[1] ?? 0 };
}

const at = (currentTime: number, buffered: TimeRanges, seekable = ranges()): Timed => ({
  currentTime,
  buffered,
  seekable,
});

it("the buffer in hand is the range around the playhead", () => {
  const buffered = ranges([1, 3], [5, 8]);
  expect([0.95, 2, 4, 5, 8.1].map((time) => bufferedEnd(at(time, buffered)))).toEqual([3, 3, 0, 8, 0]);
  expect(lastBufferedEnd(at(2, buffered))).toBe(8);
  expect(lastBufferedEnd(at(2, ranges()))).toBe(0);
});

it("the live edge is the later of the playlist's and the buffer's", () => {
  const video = at(2, ranges([1, 8]), ranges([0, 12]));
  const listed = (edge: number) => ({ latestLevelDetails: { edge } }) as Parameters<typeof liveEdge>[1];
  expect(liveEdge(video, listed(9))).toBe(9);
  expect(liveEdge(video, listed(7))).toBe(8);
  expect(liveEdge(video, listed(Number.NaN))).toBe(8);
  expect(liveEdge(video, null), "without hls.js, what the browser can seek to").toBe(12);
});

it("the oldest moment is the playlist's first, and without hls.js the browser's", () => {
  const video = at(2, ranges([1, 8]), ranges([3, 12]));
  const listed = (fragmentStart: number) =>
    ({ latestLevelDetails: { fragmentStart } }) as Parameters<typeof oldestMoment>[1];
  expect([
    oldestMoment(video, listed(1.5)),
    oldestMoment(video, listed(-2)),
    oldestMoment(video, null),
  ]).toEqual([1.5, 0, 3]);
  expect(oldestMoment(at(0, ranges()), null)).toBeNaN();
});
