/** The age of the overlay's lines on a machine whose clock is wrong. */
import { expect, it } from "vitest";
import { LineBirths } from "./line-births";

const server = Date.parse("2026-01-01T12:00:00Z");
const said = (id: string, seconds: number) => ({
  id,
  at: new Date(server + seconds * 1_000).toISOString(),
});

it.each([
  ["right", 0],
  ["half a minute fast", 30_000],
  ["an hour slow", -3_600_000],
])("with a clock that is %s a line that comes is new, and ages", (_, fast) => {
  const births = new LineBirths();
  const now = server + fast;
  births.came(said("01", 0), now);
  expect(births.age("01", now)).toBe(0);
  expect(births.age("01", now + 9_000)).toBe(9_000);
});

it("what was there is as old as it says, and never younger than the page", () => {
  const births = new LineBirths();
  births.there([said("01", -20), said("02", 40), { id: "03" }], server);
  expect(births.age("01", server)).toBe(20_000);
  expect(births.age("02", server + 1_000)).toBe(1_000);
  expect(births.age("03", server + 1_000)).toBe(1_000);
});

it("what came while the connection was away is as old as it is, once the clocks' difference is known", () => {
  const births = new LineBirths();
  const fast = 30_000;
  births.came(said("01", 0), server + fast);
  births.there([said("01", 0), said("02", 50)], server + fast + 60_000);
  expect(births.age("02", server + fast + 60_000)).toBe(10_000);
  expect(births.age("01", server + fast + 60_000)).toBe(60_000);
});

it("remembers no more lines than it needs", () => {
  const births = new LineBirths();
  for (let n = 0; n < 1_500; n++) births.came({ id: String(n) }, 0);
  expect(births.age("0", 1_000)).toBe(0);
  expect(births.age("1499", 1_000)).toBe(1_000);
});
