/** A text that is too long is told so, with how much. */
import { expect, it } from "vitest";
import { LONGEST_ANSWER, tooLong } from "./poll-limits";

it("counts characters, without the spaces around", () => {
  expect(tooLong(` ${"x".repeat(LONGEST_ANSWER)} `, LONGEST_ANSWER)).toBeUndefined();
  expect(tooLong("🎉".repeat(LONGEST_ANSWER), LONGEST_ANSWER)).toBeUndefined();
  expect(tooLong("x".repeat(LONGEST_ANSWER + 3), LONGEST_ANSWER)).toBe("At most 60 characters. Take 3 away.");
});
