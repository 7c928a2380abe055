/** Where signing in may lead. */
import { expect, it } from "vitest";
import { safeNext, signInPath } from "./use-session";

it("only paths of this site are followed after signing in", () => {
  expect(safeNext("/maya")).toBe("/maya");
  for (const bad of [null, "", "maya", "//evil.example", "/\\evil.example", "https://evil.example"]) {
    expect(safeNext(bad)).toBe("/");
  }
});

it("the sign-in link remembers the page", () => {
  expect(signInPath("/dashboard")).toBe("/login?next=%2Fdashboard");
});
