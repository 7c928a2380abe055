/** What a rung really takes, and what hls.js is told of it. */
import { beforeEach, expect, it } from "vitest";
import { Cost, type Costed, declared, FIRST, WINDOW } from "./cost";

/** As in hls.js: the average is by its class. */
class Level implements Costed {
  constructor(
    public bitrate: number,
    private readonly average: number,
  ) {}
  get averageBitrate() {
    return this.average;
  }
}

const PART = 0.2;
let levels: Level[];
let cost: Cost;
let now: number;
/** So many seconds of media of a level at a rate, bit/s; each part takes `pace` times its length to come. */
const load = (seconds: number, level: number, rate: number, { pace = 1, bandwidth = 10_000_000 } = {}) => {
  for (let n = 0; n < Math.round(seconds / PART); n++) {
    now += PART * pace;
    cost.loaded(now, { levels, level, bytes: (rate * PART) / 8, duration: PART, bandwidth });
  }
};
const told = () => levels.map((level) => [level.bitrate, level.averageBitrate]);

beforeEach(() => {
  levels = [new Level(200_000, 180_000), new Level(1_270_000, 1_200_000), new Level(8_320_000, 6_000_000)];
  cost = new Cost();
  now = 0;
});

it("a simple picture's source is told to take what it takes, once that is known; what it said stays known", () => {
  const before = told();
  load(FIRST - PART, 2, 330_000);
  expect(told()).toEqual(before);
  expect(cost.of(levels[2])).toBeNull();
  load(PART, 2, 330_000);
  expect(told().slice(0, 2)).toEqual(before.slice(0, 2));
  expect(levels[2]?.bitrate).toBeCloseTo(330_000, -1);
  expect(levels[2]?.averageBitrate).toBe(levels[2]?.bitrate);
  expect(cost.of(levels[2])).toBeCloseTo(330_000, -1);
  expect(levels.map(declared)).toEqual([200_000, 1_270_000, 8_320_000]);
  expect([200_000, 290_000, 310_000, 1_270_000].map((bitrate) => cost.spares(bitrate))).toEqual([
    true,
    true,
    false,
    false,
  ]);
});

it("nothing is told where all below take less: hls.js chooses as ever", () => {
  const before = told();
  load(2 * WINDOW, 2, 6_000_000, { bandwidth: 400_000 });
  expect(told()).toEqual(before);
  expect(cost.of(levels[2])).toBeCloseTo(6_000_000, -1);
});

it("a picture that moves again is told of no more, by the last seconds alone", () => {
  const before = told();
  load(3 * WINDOW, 2, 330_000);
  load(WINDOW, 2, 6_000_000);
  expect(told()).toEqual(before);
});

it("a rung hardly below what is taken is never the better one", () => {
  load(WINDOW, 2, 1_300_000, { pace: 2 });
  expect(levels[2]?.bitrate).toBe(1_270_000);
});

it("a low estimate of a line that keeps up leaves it what it plays; one that does not is judged by what is taken", () => {
  load(WINDOW, 2, 330_000, { bandwidth: 100_000 });
  expect(levels[2]?.bitrate).toBe(50_000);
  load(2 * WINDOW, 2, 330_000, { bandwidth: 100_000, pace: 1.3 });
  expect(levels[2]?.bitrate).toBeCloseTo(330_000, -1);
});

it("another level, or an end, takes back what was told", () => {
  const before = told();
  load(WINDOW, 2, 330_000);
  load(PART, 1, 300_000);
  expect(told()).toEqual(before);
  expect([cost.of(levels[1]), cost.of(levels[2])]).toEqual([null, null]);
  load(WINDOW, 2, 330_000);
  cost.forget();
  expect(told()).toEqual(before);
  expect(cost.spares(8_000_000), "nothing is known").toBe(true);
});
