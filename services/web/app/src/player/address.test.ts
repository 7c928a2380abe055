/** Parameters more, and the plain sibling. */
import { expect, it } from "vitest";
import { plainOf, withParameter } from "./address";

it("a parameter comes after those that there are", () => {
  expect(withParameter("/live/a/index.m3u8", "sid", "1")).toBe("/live/a/index.m3u8?sid=1");
  expect(plainOf("/live/a/index.m3u8?preview=1&token=x.y")).toBe(
    "/live/a/index.m3u8?preview=1&token=x.y&ll=0",
  );
});
