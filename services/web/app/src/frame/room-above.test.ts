/** What is left of a bar while the page under the top bar scrolls. */
import { expect, it } from "vitest";
import { inSight } from "./room-above";

it("a bar that scrolls away below the top bar takes what is seen of it", () => {
  expect(inSight({ top: 56, bottom: 116 }, 56)).toBe(60);
  expect(inSight({ top: 26, bottom: 86 }, 56)).toBe(30);
  expect(inSight({ top: -144, bottom: -84 }, 56)).toBe(0);
  expect(inSight({ top: 80, bottom: 140 }, 56), "drawn down past the page's head").toBe(60);
});
