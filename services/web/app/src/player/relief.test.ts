/** A measure for a while, with hand-made time. */
import { expect, it } from "vitest";
import { type How, Relief } from "./relief";

/** Looks for so many seconds, ten times a second; after how many it was lifted, or null. */
function fares(relief: Relief, seconds: number, how: How = "moves") {
  let lifted: number | null = null;
  for (let n = 1; n <= seconds * 10; n++) if (relief.look(0.1, how)) lifted ??= Math.round(n / 10);
  return lifted;
}

it("is lifted after a stretch of smooth play, once", () => {
  const relief = new Relief(30, 480);
  expect(fares(relief, 100)).toBeNull();
  relief.take();
  expect(relief.on).toBe(true);
  expect(fares(relief, 60)).toBe(30);
  expect(relief.on).toBe(false);
});

it("counts only what moves, and from the beginning after a stand-still", () => {
  const relief = new Relief(30, 480);
  relief.take();
  expect([fares(relief, 20), fares(relief, 100, "rests"), fares(relief, 9)]).toEqual([null, null, null]);
  relief.look(0.1, "stands");
  expect(fares(relief, 40)).toBe(30);
  relief.take();
  fares(relief, 29);
  relief.take();
  expect(fares(relief, 60), "taken again, it begins anew").toBe(60);
});

it("stays twice as long where it is needed again, up to a limit, and as at first after a good while without", () => {
  const relief = new Relief(30, 100);
  const stays: Array<number | null> = [];
  for (const seconds of [31, 61, 101, 101]) {
    relief.take();
    stays.push(fares(relief, seconds));
  }
  expect(stays).toEqual([30, 60, 100, 100]);
});

it("forgets that it was needed", () => {
  const relief = new Relief(30, 480);
  relief.take();
  fares(relief, 31);
  expect([relief.liftedWithin(10), relief.liftedWithin(0.5)]).toEqual([true, false]);
  fares(relief, 31);
  expect(relief.liftedWithin(10)).toBe(false);
  relief.take();
  expect(fares(relief, 31)).toBe(30);
  relief.reset();
  expect([relief.on, relief.liftedWithin(10)]).toEqual([false, false]);
});
