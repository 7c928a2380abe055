/** What is typed about a broadcast beside what the channel has. */
import { expect, it } from "vitest";
import { changed, type Draft, meant, settled, shownOf } from "./broadcast-draft";

const CHANNEL = { title: "Evening", category: "Chess", category_slug: "chess", tags: ["slow"] };
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
    language: "",
    mature: false,
  });
});

it("what was typed back is not being edited", () => {
  const draft = changed({ title: "Night", tags: [] }, { title: "Evening" }, CHANNEL);
  expect(draft).toEqual({ tags: [] });
  expect(changed(draft, { tags: ["slow"] }, CHANNEL)).toEqual({});
});

it("only what was touched is saved, and what is typed for the next tag with it", () => {
  expect(meant({ title: " Night " }, CHANNEL, CHOICES)).toEqual({ edit: { title: "Night" }, refused: {} });
  expect(meant({ category: { text: "music" } }, CHANNEL, CHOICES).edit).toEqual({ category: "music" });
  expect(meant({ category: { text: "none" } }, CHANNEL, CHOICES).edit).toEqual({ category: "" });
  expect(meant({ category: { text: "" } }, CHANNEL, undefined).edit).toEqual({ category: "" });
  expect(meant({ tag: "new" }, CHANNEL, CHOICES).edit).toEqual({ tags: ["slow", "new"] });
});

it("a category that is none is refused here, and a tag that is too long", () => {
  expect(meant({ category: { text: "Chesss" } }, CHANNEL, CHOICES).refused.category).toMatch(
    /no category like that/,
  );
  expect(meant({ category: { text: "Music" } }, CHANNEL, undefined).refused.category).toMatch(/did not load/);
  expect(meant({ tag: "x".repeat(26) }, CHANNEL, CHOICES).refused.tags).toMatch(/25 characters/);
});

it("a category that was chosen is saved as chosen, whatever else is called so", () => {
  const choices = [...CHOICES, { value: "chess-2", label: "Chess" }];
  const draft = changed({}, { category: { slug: "chess-2", text: "Chess" } }, CHANNEL);
  expect(meant(draft, CHANNEL, choices).edit).toEqual({ category: "chess-2" });
  expect(changed(draft, { category: { slug: "chess", text: "Chess" } }, CHANNEL)).toEqual({});
  expect(meant(changed(draft, { category: { text: "Music" } }, CHANNEL), CHANNEL, choices).edit).toEqual({
    category: "music",
  });
  expect(meant({ category: { slug: "", text: "" } }, CHANNEL, undefined).edit).toEqual({ category: "" });
});

it("what was typed while it was saved is left", () => {
  const tags = ["a"];
  const saved: Draft = { title: "Night", tags, tag: "b" };
  const channel = { ...CHANNEL, title: "Night", tags: ["a", "b"] };
  expect(settled({ title: "Night", tags, tag: "b" }, saved, channel)).toEqual({});
  expect(settled({ title: "Nightfall", tags, tag: "" }, saved, channel)).toEqual({ title: "Nightfall" });
});

it("what was typed meanwhile and is what the channel has by now is not being edited", () => {
  const channel = { ...CHANNEL, title: "Night" };
  expect(settled({ title: "Night" }, { title: " Night " }, channel)).toEqual({});
  expect(settled({ category: { text: "Chess" } }, { category: { text: "chess" } }, channel)).toEqual({});
});

it("language and whether it is for adults are drafted, saved and settled like the rest", () => {
  const channel = { ...CHANNEL, language: "de", mature: true };
  const draft = changed({}, { language: "", mature: false }, channel);
  expect(draft).toEqual({ language: "", mature: false });
  expect(shownOf(draft, channel)).toMatchObject({ language: "", mature: false });
  expect(shownOf({}, channel)).toMatchObject({ language: "de", mature: true });
  expect(meant(draft, channel, CHOICES).edit).toEqual({ language: "", mature: false });
  expect(changed(draft, { language: "de", mature: true }, channel)).toEqual({});
  const saved = { ...channel, language: "", mature: false };
  expect(settled(draft, draft, saved)).toEqual({});
  expect(settled({ ...draft, language: "fr" }, draft, saved)).toEqual({ language: "fr" });
  expect(changed({}, { language: "", mature: false }, CHANNEL), "a channel that says neither").toEqual({});
});
