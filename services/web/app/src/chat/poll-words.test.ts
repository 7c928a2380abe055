/** A poll's result in words. */
import { i18n } from "@lingui/core";
import { afterEach, expect, it } from "vitest";
import type { Poll } from "./frames";
import { pollResult, share } from "./poll-words";

const poll: Poll = {
  id: "1",
  question: "Tea?",
  options: [
    { n: 1, text: "yes" },
    { n: 2, text: "no" },
  ],
  ends_at: "2026-11-28T19:10:00Z",
  state: "closed",
  votes: [2, 1],
  voters: 3,
};

afterEach(() => i18n.activate("en"));

it("says what won with its share, by the habits of the language", () => {
  expect([share(poll, 0), share(poll, 1)]).toEqual([67, 33]);
  expect(pollResult(poll)).toBe("Poll ended: yes with 67%. Tea?");
  i18n.activate("de", "de-DE");
  expect(pollResult({ ...poll, votes: [3, 0] })).toContain("100\u00a0%");
});

it("says that there was no vote, or a draw", () => {
  expect(pollResult({ ...poll, votes: [0, 0] })).toBe("Poll ended without a vote: Tea?");
  expect(pollResult({ ...poll, votes: [1, 1] })).toBe("Poll ended in a draw of yes, no: Tea?");
});
