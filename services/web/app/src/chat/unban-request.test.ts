/** A request to come back, in the words of who made it. */
import { expect, it } from "vitest";
import { requestWords } from "./unban-request";

it("says where the request stands, with the answer there was", () => {
  expect(requestWords({ state: "open" })).toMatch(/have your request/);
  expect(requestWords({ state: "denied", answer: "not this week" })).toMatch(/no: “not this week”$/);
  expect(requestWords({ state: "denied" })).toMatch(/said no/);
  expect(requestWords({ state: "approved", answer: "welcome back" })).toBeNull();
});
