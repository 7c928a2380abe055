import { describe, expect, it } from "vitest";
import { alone, axis, barWidth, ground, line, moments, nearest, place, roundUp } from "./chart-scale";

describe("a chart's geometry", () => {
  it("has round numbers beside its axis", () => {
    expect([0, 1, 3, 10, 11, 2_400_000].map(roundUp)).toEqual([1, 1, 5, 10, 20, 5_000_000]);
    expect(axis([0, null], true)).toEqual({ top: 1, ticks: [0, 1] });
    expect(axis([1, 3, null], true)).toEqual({ top: 3, ticks: [0, 1, 2, 3] });
    expect(axis([0.4], false).ticks).toEqual([0, 0.1, 0.2, 0.30000000000000004, 0.4]);
    expect(axis([137], true)).toEqual({ top: 150, ticks: [0, 50, 100, 150] });
  });

  it("has no more moments than there is room for", () => {
    const hours = 3 * 3_600_000;
    expect(moments(0, hours, 4)).toEqual([0, 3_600_000, 7_200_000, 10_800_000]);
    expect(moments(0, 60_000 * 60 * 24 * 40, 6).length).toBeLessThanOrEqual(7);
    expect(moments(5, 5, 4)).toEqual([5]);
    expect(moments(0, hours, 0.9), "two would touch").toEqual([0]);
    for (const most of [1, 2.5, 7, 40]) {
      const found = moments(3, hours + 3, most);
      const steps = found.slice(1).map((x, n) => x - (found[n] ?? 0));
      expect(new Set(steps).size, "even steps").toBe(1);
      expect(steps[0]).toBeGreaterThanOrEqual(hours / most);
    }
  });

  it("draws a gap where nothing is known", () => {
    const at = place({ width: 100, height: 50, left: 0, bottom: 0, top: 0 }, 0, 10, 10);
    const points = [0, 1, null, 3, null].map((y, n) => ({ x: n * 2, y }));
    expect(line(points, at)).toBe("M0.0,50.0L20.0,45.0M60.0,35.0");
    expect(alone(points)).toEqual([{ x: 6, y: 3 }]);
    expect(line([], at)).toBe("");
  });

  it("stands in the middle with one point and finds the nearest", () => {
    const at = place({ width: 100, height: 50, left: 20, bottom: 10, top: 5 }, 7, 7, 4);
    expect([at.x(7), at.y(0), at.y(4)]).toEqual([60, 40, 5]);
    const points = [0, 10, 20].map((x) => ({ x, y: 1 }));
    expect([nearest(points, -5), nearest(points, 6), nearest(points, 99)]).toEqual([0, 1, 2]);
  });

  it("has the outermost bars inside, and finds the moment under each", () => {
    const side = barWidth(80, 3) / 2;
    const at = place({ width: 100, height: 50, left: 20, bottom: 0, top: 0, side }, 0, 10, 1);
    expect([at.x(0) - side, at.x(10) + side]).toEqual([20, 100]);
    for (const x of [0, 5, 10]) expect(at.moment(at.x(x))).toBeCloseTo(x);
    expect([barWidth(80, 3), barWidth(10, 1_000), barWidth(80, 0)]).toEqual([12, 1, 12]);
  });

  it("draws nothing as a line at zero, with gaps where nothing is known", () => {
    const at = place({ width: 100, height: 50, left: 0, bottom: 0, top: 0 }, 0, 10, 10);
    const points = [0, 3, null, 0, 0].map((y, n) => ({ x: n * 2.5, y }));
    expect(line(ground(points), at)).toBe("M0.0,50.0L25.0,50.0M75.0,50.0L100.0,50.0");
  });
});
