/** What is typed about a broadcast beside what the channel has. */
import { expect, it } from "vitest";
import { changed, type Draft, meant, settled, shownOf } from "./broadcast-draft";

const CHANNEL = { title: "Evening", category: "Chess", tags: ["slow"] };
const CHOICES = [
  { value: "", label: "None" },
  { value: "chess", label: "Chess" },
  { value: "music", label: "Music" },
];

it("what is not touched shows what the channel has, also when that is another", () => {
  const draft = changed({}, { title: "Night" }, CHANNEL);
  expect(shownOf(draft, { ...CHANNEL, title: "Noon", tags: ["fast"] })).toEqual({
    title: "Night",
    category: "Chess",
    tags: ["fast"],
    tag: "",
  });
});

it("what was typed back is not being edited", () => {
  const draft = changed({ title: "Night", tags: [] }, { title: "Evening" }, CHANNEL);
  expect(draft).toEqual({ tags: [] });
  expect(changed(draft, { tags: ["slow"] }, CHANNEL)).toEqual({});
});

it("only what was touched is saved, and what is typed for the next tag with it", () => {
  expect(meant({ title: " Night " }, CHANNEL, CHOICES)).toEqual({ edit: { title: "Night" }, refused: {} });
  expect(meant({ category: "music" }, CHANNEL, CHOICES).edit).toEqual({ category: "music" });
  expect(meant({ category: "none" }, CHANNEL, CHOICES).edit).toEqual({ category: "" });
  expect(meant({ category: "" }, CHANNEL, undefined).edit).toEqual({ category: "" });
  expect(meant({ tag: "new" }, CHANNEL, CHOICES).edit).toEqual({ tags: ["slow", "new"] });
});

it("a category that is none is refused here, and a tag that is too long", () => {
  expect(meant({ category: "Chesss" }, CHANNEL, CHOICES).refused.category).toMatch(/no category like that/);
  expect(meant({ category: "Music" }, CHANNEL, undefined).refused.category).toMatch(/did not load/);
  expect(meant({ tag: "x".repeat(26) }, CHANNEL, CHOICES).refused.tags).toMatch(/25 characters/);
});

it("what was typed while it was saved is left", () => {
  const tags = ["a"];
  const saved: Draft = { title: "Night", tags, tag: "b" };
  expect(settled({ title: "Night", tags, tag: "b" }, saved)).toEqual({});
  expect(settled({ title: "Nightfall", tags, tag: "" }, saved)).toEqual({ title: "Nightfall" });
});
