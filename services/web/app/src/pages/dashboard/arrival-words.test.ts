/** That all arrives as it should is said only while it is known. */
import { expect, it } from "vitest";
import { arrivalWords } from "./arrival-words";

const at = 1_000_000;
const well = { health: {}, advice: [], at };

it("all arrives as it should while figures come and the coach has nothing to say", () => {
  expect(arrivalWords("live", well, false, at + 1_500)).toEqual({
    say: "Everything arrives as it should.",
    good: true,
    stale: false,
  });
});

it("nothing is said to be well while the server is away", () => {
  const words = arrivalWords("live", well, true, at + 500);
  expect([words.good, words.stale]).toEqual([false, true]);
  expect(words.say).toMatch(/no connection to the server/);
});

it("figures that stopped are not shown as if they were new", () => {
  const words = arrivalWords("live", well, false, at + 9_000);
  expect([words.good, words.stale]).toEqual([false, true]);
});

it("a lost encoder and a first moment are told as such", () => {
  expect(arrivalWords("reconnecting", well, false, at).say).toMatch(/Nothing arrives/);
  expect(arrivalWords("live", null, false, at).say).toMatch(/first figures/);
});

it("advice takes the place of words", () => {
  const advice = [{ code: "apart", grave: true, text: "…" }];
  expect(arrivalWords("live", { ...well, advice }, false, at).say).toBeNull();
});
