/** What is wrong, from what is seen, and its sentence. */
import { expect, it } from "vitest";
import { troubleOf, troubleWords } from "./trouble";

it("is the server that does not answer or has a fault, the picture that does not come, or the browser that cannot show it", () => {
  expect(troubleOf(0, 0, false)).toBe("unreachable");
  expect(troubleOf(200, 0.3, false)).toBe("missing");
  expect(troubleOf(404, 0, false)).toBe("missing");
  expect(troubleOf(503, 0, false)).toBe("faulty");
  expect(troubleOf(200, 4, false)).toBe("undecodable");
  expect(troubleOf(0, 0, true)).toBe("undecodable");
});

it("is said in one sentence each, and that it is tried again", () => {
  const words = (["unreachable", "faulty", "missing", "undecodable"] as const).map(troubleWords);
  expect(words.map(({ head }) => head)).toEqual([
    "The server cannot be reached",
    "The picture does not arrive",
    "The picture does not arrive",
    "This browser cannot show the picture",
  ]);
  expect(new Set(words.map(({ tail }) => tail)).size).toBe(4);
  for (const { tail } of words) expect(tail).toMatch(/The player keeps trying/);
});
