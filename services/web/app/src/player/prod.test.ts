/** One seek an episode, and only with media in hand. */
import { expect, it } from "vitest";
import { Prod } from "./prod";

const DRY = { paused: false, seeking: false, readyState: 2 };
const FLOWS = { ...DRY, readyState: 4 };
/** What a seek on the spot makes of it, look by look, until it is as dry as before. */
const SEEK = [
  { ...DRY, seeking: true, readyState: 1 },
  { ...DRY, seeking: true, readyState: 4 },
  { ...DRY, readyState: 1 },
];

it("a playback that ran dry is prodded once, when there is enough to go on with", () => {
  const prod = new Prod();
  expect([0, 0.05, 0.1].map((at) => prod.look(at, DRY, 0.05))).toEqual([false, false, false]);
  expect([0.2, 0.25, 0.31, 0.35].map((at) => prod.look(at, DRY, 0.3))).toEqual([false, false, true, false]);
  expect(prod.look(9, DRY, 5)).toBe(false);
});

it("one that goes on by itself is left alone, and the next episode counts anew", () => {
  const prod = new Prod();
  expect([prod.look(0, DRY, 1), prod.look(0.05, FLOWS, 1)]).toEqual([false, false]);
  expect([prod.look(1, DRY, 1), prod.look(1.05, DRY, 1), prod.look(1.15, DRY, 1)]).toEqual([
    false,
    false,
    true,
  ]);
});

it("its own seek does not end the episode", () => {
  const prod = new Prod();
  const looks = [DRY, DRY, DRY, ...SEEK, DRY, DRY, DRY, DRY, ...SEEK, DRY, DRY, DRY, DRY];
  const prods = looks.map((element, n) => prod.look(n * 0.06, element, 1));
  expect(prods.indexOf(true)).toBe(2);
  expect(prods.filter((prodded) => prodded)).toHaveLength(1);
  expect(prod.look(9, FLOWS, 1)).toBe(false);
  expect([prod.look(10, DRY, 1), prod.look(10.15, DRY, 1)]).toEqual([false, true]);
});

it("nobody who paused is prodded", () => {
  const prod = new Prod();
  expect([0, 0.1, 0.2].map((at) => prod.look(at, { ...DRY, paused: true }, 1))).toEqual([
    false,
    false,
    false,
  ]);
});
