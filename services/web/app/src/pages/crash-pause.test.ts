/** A page that breaks again and again is loaded anew less and less often, and one that ran well at once. */
import { expect, it } from "vitest";
import { type Crash, crashAfter, pauseMs } from "./crash-pause";

it("the pause doubles from crash to crash, up to five minutes", () => {
  let crash: Crash | null = null;
  let now = 0;
  const pauses: number[] = [];
  for (let n = 0; n < 9; n++) {
    crash = crashAfter(crash, now);
    pauses.push(pauseMs(crash) / 1_000);
    now += pauseMs(crash) + 2_000;
  }
  expect(pauses).toEqual([5, 10, 20, 40, 80, 160, 300, 300, 300]);
  expect(pauseMs({ at: 0, before: 2_000 })).toBe(300_000);
});

it("who ran well for half an hour begins anew, and so does who has another clock now", () => {
  const often = { at: 1_000_000, before: 6 };
  expect(crashAfter(often, often.at + 1_799_999).before).toBe(7);
  expect(crashAfter(often, often.at + 1_800_000).before).toBe(0);
  expect(crashAfter(often, often.at - 1).before).toBe(0);
});
