import { expect, it } from "vitest";
import { cut } from "./cut";

it("names without end are cut, between characters, and others stay as they are", () => {
  expect(cut("Grace")).toBe("Grace");
  expect(cut("W".repeat(300))).toHaveLength(300);
  expect(cut("W".repeat(10_000))).toBe(`${"W".repeat(300)}…`);
  expect(cut(`${"W".repeat(299)}😀😀`)).toBe(`${"W".repeat(299)}…`);
});
