/** What was refused, in words, and for how long it matters. */
import { expect, it } from "vitest";
import { recentRefusals, refusalWords } from "./refusal-words";

it("the server's sentence is shown whole, so that a codec is named", () => {
  const detail = "the stream uses VP9. Choose H.264 (x264) for video";
  expect(refusalWords({ code: "codec_unsupported", detail, at: "", key_name: "OBS" })).toBe(
    "The stream uses VP9. Choose H.264 (x264) for video.",
  );
});

it("a refusal without a sentence says what to do, also with an unknown code", () => {
  expect(refusalWords({ code: "key_revoked", detail: "", at: "", key_name: "OBS" })).toBe(
    "The stream with the key “OBS” was refused. The key was deleted or replaced. Copy a valid one into your encoder.",
  );
  expect(refusalWords({ code: "something_new", detail: " ", at: "" })).toMatch(
    /^The stream was refused\. Check/,
  );
});

it("refusals before the present broadcast, or of another day, are history", () => {
  const at = (at: string) => ({ code: "key_revoked", detail: "", at });
  const list = [at("2026-01-02T12:00:00Z"), at("2026-01-02T10:00:00Z"), at("2026-01-01T11:00:00Z")];
  const now = Date.parse("2026-01-02T12:30:00Z");
  expect(recentRefusals(list, undefined, now)).toEqual(list.slice(0, 2));
  expect(recentRefusals(list, "2026-01-02T11:00:00Z", now)).toEqual(list.slice(0, 1));
});
