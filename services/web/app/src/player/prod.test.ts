/** One seek an episode, and only with media in hand. */
import { expect, it } from "vitest";
import { Prod } from "./prod";

it("a playback that ran dry is prodded once, when there is enough to go on with", () => {
  const prod = new Prod();
  expect([0, 0.05, 0.1].map((at) => prod.look(at, true, 0.05))).toEqual([false, false, false]);
  expect([0.2, 0.25, 0.31, 0.35].map((at) => prod.look(at, true, 0.3))).toEqual([false, false, true, false]);
  expect(prod.look(9, true, 5)).toBe(false);
});

it("one that goes on by itself is left alone, and the next episode counts anew", () => {
  const prod = new Prod();
  expect([prod.look(0, true, 1), prod.look(0.05, false, 1)]).toEqual([false, false]);
  expect([prod.look(1, true, 1), prod.look(1.05, true, 1), prod.look(1.15, true, 1)]).toEqual([
    false,
    false,
    true,
  ]);
});
