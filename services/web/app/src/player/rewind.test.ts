/** Going back and returning, in numbers and words. */
import { expect, it } from "vitest";
import { behindClock, behindWords, depth, momentBehind, Place } from "./rewind";

const span = { oldest: 100, edge: 400 };

it("one goes back as far as there is something, and next to the edge is live", () => {
  expect([60, 299, 300, 9_000].map((behind) => momentBehind(span, behind))).toEqual([340, 101, 100.5, 100.5]);
  expect([3, 2.9, 0, -5].map((behind) => momentBehind(span, behind))).toEqual([397, null, null, null]);
  expect(momentBehind({ oldest: 398, edge: 400 }, 60), "nothing to go back to yet").toBeNull();
});

it("the depth is whole seconds, and none where nothing is known", () => {
  expect(depth(span)).toBe(299);
  expect(depth({ oldest: 0, edge: 0.2 })).toBe(0);
  expect(depth({ oldest: 0, edge: Number.NaN })).toBe(0);
});

it("a reload finds the same place, which is further back if the broadcast went on", () => {
  const place = new Place();
  place.keep(10, 60, true);
  expect([place.waiting, place.take(14), place.waiting, place.take(15)]).toEqual([true, 64, false, null]);
  place.keep(10, 60, false);
  expect(place.take(14)).toBe(60);
  place.keep(10, 60, true);
  place.forget();
  expect(place.take(11)).toBeNull();
});

it("time behind live reads well, and is spoken in full", () => {
  expect([7, 754, 3_723].map(behindClock)).toEqual(["−0:07", "−12:34", "−1:02:03"]);
  expect([0, 7, 61, 3_600, 7_384].map(behindWords)).toEqual([
    "Live",
    "7 seconds behind live",
    "1 minute 1 second behind live",
    "1 hour behind live",
    "2 hours 3 minutes 4 seconds behind live",
  ]);
});
