import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Problem } from "../api/problem";
import { told } from "./tell-error";

beforeEach(() => {
  vi.resetModules();
});
afterEach(() => {
  vi.unstubAllGlobals();
});

test("an error is told by its words, its place and its page", () => {
  const error = new TypeError("x is not a function");
  error.stack = "at f (/assets/a.js:1:2)";
  expect(told(error, "/maya")).toEqual({
    message: "TypeError: x is not a function",
    stack: "at f (/assets/a.js:1:2)",
    page: "/maya",
  });
  expect(told("a word", "/")?.message).toBe("a word");
  expect(told({ code: 7 }, "/")?.message).toBe('{"code":7}');
});

test("answers of the server, what was called off, extensions and nothing are not told", () => {
  const loop: Record<string, unknown> = {};
  loop.self = loop;
  const foreign = new Error("x");
  foreign.stack = "at f (chrome-extension://abc/a.js:1:2)";
  const aborted = new DOMException("x", "AbortError");
  for (const error of [new Problem(500, "internal", "x"), aborted, foreign, undefined, "", loop])
    expect(told(error, "/")).toBeNull();
});

test("equal errors are told once and others a few times", async () => {
  const sent: string[] = [];
  vi.stubGlobal("location", { pathname: "/" });
  vi.stubGlobal("fetch", (_: string, { body }: { body: string }) => {
    sent.push(JSON.parse(body).message);
    return Promise.reject(new TypeError("away"));
  });
  const { tell } = await import("./tell-error");
  for (const word of ["a", "a", "b", "c", "d", "e", "f"]) tell(word);
  expect(sent).toEqual(["a", "b", "c", "d", "e"]);
});
