import { expect, test } from "vitest";
import { embedOptions } from "./embed-options";

test("a player without wishes plays by itself, without sound", () => {
  expect(embedOptions("")).toEqual({ autoplay: true, muted: true });
});

test("who has to click gets sound, unless the page wants none", () => {
  expect(embedOptions("?autoplay=false")).toEqual({ autoplay: false, muted: false });
  expect(embedOptions("?autoplay=0&mute=1")).toEqual({ autoplay: false, muted: true });
});

test("what is said counts, in whatever capitals, and nonsense does not", () => {
  expect(embedOptions("?autoplay=TRUE&muted=False")).toEqual({ autoplay: true, muted: false });
  expect(embedOptions("?muted=perhaps&mute=0")).toEqual({ autoplay: true, muted: false });
  expect(embedOptions("?autoplay=perhaps")).toEqual({ autoplay: true, muted: true });
  expect(embedOptions("?autoplay&muted")).toEqual({ autoplay: true, muted: true });
});
