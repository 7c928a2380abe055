import { expect, test } from "vitest";
import { occasion } from "./occasion";

test("a planned time is told on the reader's clocks", () => {
  const [from, to] = ["2026-12-01T19:00:00Z", "2026-12-01T20:30:00Z"];
  expect(occasion(from, to, "Europe/Berlin")).toMatch(/^Tue,? 1 Dec, 20:00–21:30$/);
  expect(occasion(from, to, "Asia/Tokyo")).toMatch(/^Wed,? 2 Dec, 04:00–05:30$/);
});
