import { expect, it } from "vitest";
import { grouped } from "./menu-groups";

const keysOf = (items: Array<{ key: string; heading?: string; divided?: boolean }>) =>
  grouped(items).map((group) => group.map(({ key }) => key));

it("a heading and a line begin a group, and what follows belongs to it", () => {
  expect(
    keysOf([
      { key: "auto", heading: "Quality" },
      { key: "source" },
      { key: "low", heading: "Delay" },
      { key: "smooth", divided: false },
      { key: "stats", divided: true },
    ]),
  ).toEqual([["auto", "source"], ["low", "smooth"], ["stats"]]);
});

it("without either all are one group, and of nothing there is none", () => {
  expect(keysOf([{ key: "a" }, { key: "b" }])).toEqual([["a", "b"]]);
  expect(keysOf([])).toEqual([]);
});
