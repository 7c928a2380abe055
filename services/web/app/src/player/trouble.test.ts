/** What is wrong, from what is seen, and its sentence. */
import { expect, it } from "vitest";
import { troubleOf, troubleWords } from "./trouble";

it("is the server that does not answer, the picture that does not come, or the browser that cannot show it", () => {
  expect(troubleOf(false, 0, false)).toBe("unreachable");
  expect(troubleOf(true, 0.3, false)).toBe("missing");
  expect(troubleOf(true, 4, false)).toBe("undecodable");
  expect(troubleOf(false, 0, true)).toBe("undecodable");
});

it("is said in one sentence each, and that it is tried again", () => {
  const words = (["unreachable", "missing", "undecodable"] as const).map(troubleWords);
  expect(words.map(({ head }) => head)).toEqual([
    "The server cannot be reached",
    "The picture does not arrive",
    "This browser cannot show the picture",
  ]);
  for (const { tail } of words) expect(tail).toMatch(/The player keeps trying/);
});
