/** The dashboard promises only what is there. */
import { expect, it } from "vitest";
import { stateWords } from "./state-words";

it("nothing is said to be below, or to be pressed, before there is a key", () => {
  expect(stateWords("offline", 0)).not.toMatch(/below|encoder|Press/);
  expect(stateWords("offline", undefined)).not.toMatch(/below|key/);
  expect(stateWords("ended", 0)).toMatch(/Create a key/);
});

it("with a key, the next step is the encoder's", () => {
  expect(stateWords("offline", 1)).toMatch(/Waiting for your encoder\. Server and key are below\./);
  expect(stateWords("ended", 2)).toMatch(/Press Start Streaming/);
});
