/** What stands behind `#` is a token or nothing. */
import { expect, it } from "vitest";
import { tokenOf } from "./link-token";

it("only what looks like a token is one", () => {
  const token = "A".repeat(43);
  expect(tokenOf(`#${token}`)).toBe(token);
  for (const bad of ["", "#", "#short", "#<script>alert(1)</script>xxxxxxxx", `#${"A".repeat(101)}`]) {
    expect(tokenOf(bad)).toBeNull();
  }
});
