/** The stretch of lines in the page. */
import { expect, it } from "vitest";
import { around, down, MOST, TAIL, tail, up } from "./window";

it("follows at the end, and goes up and down to both ends without ever being long", () => {
  let stretch = tail(1_000);
  expect(stretch).toEqual({ from: 1_000 - TAIL, to: 1_000 });
  for (let n = 0; n < 30; n++) {
    const next = up(stretch);
    expect(next.from < stretch.from || next.from === 0).toBe(true);
    expect(next.to - next.from).toBeLessThanOrEqual(MOST);
    // What one reads at the upper end stays in the page.
    expect(next.to).toBeGreaterThan(stretch.from);
    stretch = next;
  }
  expect(stretch.from).toBe(0);
  for (let n = 0; n < 30; n++) {
    const next = down(stretch, 1_000);
    expect(next.to - next.from).toBeLessThanOrEqual(MOST);
    expect(next.from).toBeLessThan(stretch.to);
    stretch = next;
  }
  expect(stretch.to).toBe(1_000);
});

it("goes to a line that is not in the page, and stays where that is", () => {
  const stretch = tail(500);
  expect(around(stretch, 499, 500)).toBe(stretch);
  const there = around(stretch, 10, 500);
  expect(there.from).toBeLessThanOrEqual(10);
  expect(there.to).toBeGreaterThan(10);
  expect(around(stretch, 0, 1)).toEqual({ from: 0, to: 1 });
});
