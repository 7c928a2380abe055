/** Moving, standing and starting, with hand-made times. */
import { expect, it } from "vitest";
import { Playhead } from "./playhead";

it("stands still only after half a second without a move", () => {
  const head = new Playhead();
  head.restart(10);
  expect(head.look(10.1, 1, true)).toBe(false);
  expect(head.look(10.5, 1, true)).toBe(false);
  expect(head.look(10.7, 1, true)).toBe(true);
  head.excuse(10.7);
  expect(head.look(10.8, 1, true)).toBe(false);
  expect(head.look(11.5, 1.2, true)).toBe(false);
});

it("loads until the first picture moves, and again after a restart", () => {
  const head = new Playhead();
  head.look(0, 0, false);
  expect(head.phase("loading", false, false)).toBe("loading");
  head.look(0.1, 0.1, true);
  expect(head.phase("loading", false, false)).toBe("playing");
  expect(head.phase("playing", false, true)).toBe("waiting");
  expect(head.phase("playing", true, true)).toBe("paused");
  expect(head.phase("unsupported", true, true)).toBe("unsupported");
  head.restart(1);
  expect(head.phase("playing", false, false)).toBe("loading");
});
