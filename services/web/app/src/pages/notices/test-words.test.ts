import { expect, test } from "vitest";
import { testWords } from "./test-words";

test("a test says what became of every browser", () => {
  expect(testWords({ told: 1, gone: 0, failed: 0 })).toBe("One browser should show it now.");
  expect(testWords({ told: 0, gone: 2, failed: 1 })).toBe(
    "2 browsers did not exist any more and are forgotten. One browser could not be reached: the push service did not take it. Try again later.",
  );
  expect(testWords({ told: 0, gone: 0, failed: 0 })).toBe("There is no browser to send to.");
});
