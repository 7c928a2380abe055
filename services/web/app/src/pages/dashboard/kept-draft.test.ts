/** What is taken of a draft that was kept. */
import { expect, it } from "vitest";
import { draftOf } from "./kept-draft";

it("a draft comes back as it was kept", () => {
  const draft = {
    title: "Night",
    category: { text: "Chess", slug: "chess" },
    tags: ["slow"],
    tag: "en",
    language: "",
    mature: true,
  };
  expect(draftOf(JSON.parse(JSON.stringify(draft)))).toEqual(draft);
  expect(draftOf({ category: { text: "Che" } })).toEqual({ category: { text: "Che" } });
});

it("of what is none, nothing is taken", () => {
  for (const kept of [null, undefined, "title", 7, []]) expect(draftOf(kept)).toEqual({});
  const odd = { title: 1, category: "Chess", tags: [1], tag: null, language: {}, mature: "yes", other: "x" };
  expect(draftOf({ ...odd, mature: false })).toEqual({ mature: false });
  expect(draftOf({ category: { text: "Chess", slug: 4 } })).toEqual({});
});
