/** What `/marker` is, and what is said of markers. */
import { expect, it } from "vitest";
import { Problem } from "../api/problem";
import { labelRefused, marked, notMarked } from "./marker-words";
import { markerLabel } from "./use-marker";

it("tells the command from what is said", () => {
  expect(markerLabel("/marker")).toBe("");
  expect(markerLabel("/MARKER  The first  jump ")).toBe("The first  jump");
  for (const text of ["/markers", "//marker x", "a /marker", "/mark x", ""])
    expect(markerLabel(text)).toBeNull();
});

it("says where it was set, with the label it has", () => {
  expect(marked({ offset_ms: 5_025_900, label: "The first jump" })).toBe("Marked at 1:23:45: The first jump");
  expect(marked({ offset_ms: 59_999, label: "" })).toBe("Marked at 0:59");
});

it("counts a label's characters as the server does", () => {
  expect(labelRefused(` ${"x".repeat(140)} `)).toBeUndefined();
  expect(labelRefused("🎉".repeat(140))).toBeUndefined();
  expect(labelRefused("x".repeat(143))).toBe("A label has at most 140 characters. Take 3 away.");
});

it("says why none was set, and what to do", () => {
  const said = (status: number, code: string, wait: number | null = null) =>
    notMarked(new Problem(status, code, "the server's words", [], wait));
  expect(said(404, "channel_offline")).toMatch(/while it is\.$/);
  expect(said(409, "too_many_markers")).toMatch(/Delete one/);
  expect(said(403, "forbidden")).toMatch(/moderators set markers/);
  expect(said(429, "rate_limited", 7)).toBe("Too many tries. Wait 7 seconds and try again.");
  const errors = [{ field: "label", code: "invalid", detail: "No line breaks or control characters." }];
  expect(notMarked(new Problem(422, "validation_failed", "wrong", errors))).toBe(
    "No line breaks or control characters.",
  );
});
