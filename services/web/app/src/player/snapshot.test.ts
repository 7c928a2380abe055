/** Listeners hear of changes, and of nothing else. */
import { expect, it } from "vitest";
import { IDLE, Shown } from "./snapshot";

it("a change is one new object and one call, and no change is neither", () => {
  const shown = new Shown();
  let heard = 0;
  const leave = shown.subscribe(() => heard++);
  shown.change({ phase: "idle", behind: 0 });
  expect([shown.get() === IDLE, heard]).toEqual([true, 0]);
  shown.change({ phase: "playing" });
  expect([shown.get().phase, IDLE.phase, heard]).toEqual(["playing", "idle", 1]);
  leave();
  shown.change({ phase: "paused" });
  expect([shown.get().phase, heard]).toEqual(["paused", 1]);
});
