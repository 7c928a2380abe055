/** A channel without a title is called alike everywhere. */
import { expect, it } from "vitest";
import { titleOf } from "./channel-title";

it("a title is shown as it is, and its absence as the owner's name", () => {
  expect(titleOf({ title: "Chess", display_name: "Grace" })).toBe("Chess");
  expect(titleOf({ title: "  ", display_name: "Grace" })).toBe("Grace’s channel");
});
