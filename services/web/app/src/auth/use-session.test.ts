/** What signing in remembers. */
import { expect, it } from "vitest";
import { signInPath } from "./use-session";

it("the sign-in link remembers the page", () => {
  expect(signInPath("/dashboard")).toBe("/login?next=%2Fdashboard");
});
