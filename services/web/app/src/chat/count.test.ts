/** The count is said aloud where it passes a mark, not at each key. */
import { expect, it } from "vitest";
import { COUNT_FROM, passed } from "./count";

it("says it where it begins, near the end, at the end, and beyond it", () => {
  const said: number[] = [];
  for (let left = 100, before = passed(100); left >= -10; left--) {
    if (passed(left) !== before) said.push(left);
    before = passed(left);
  }
  expect(said).toEqual([COUNT_FROM, 20, 0, -1]);
});

it("what was pasted is said with what is left then", () => {
  expect(passed(500)).toBe(0);
  expect(passed(13)).not.toBe(passed(500));
  expect(passed(-200)).toBe(passed(-1));
});
