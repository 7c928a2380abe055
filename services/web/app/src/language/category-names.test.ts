/** Names of categories: the catalogue has those that the platform begins with, and leaves alone what admins wrote. */
import { readFileSync } from "node:fs";
import { i18n } from "@lingui/core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { byName } from "../pages/browse/by-name";
import { CATALOGUES } from "./catalogues";
import { categoryName } from "./category-name";
import { CATEGORY_NAMES } from "./category-names";

/** English and German, as mails and pushes have them. */
const served = [
  ...readFileSync("../../../crates/domain/src/category.rs", "utf8").matchAll(/^ {4}\("(.+)", "(.+)"\),$/gm),
].map(([, english = "", german = ""]) => [english, german] as const);

beforeAll(async () => {
  i18n.load("de", (await CATALOGUES.de.categories()).messages);
  i18n.activate("de", "de-DE");
});
afterAll(() => i18n.activate("en"));

it("are the same in the app as in mails and pushes", () => {
  expect(served).toHaveLength(36);
  expect(CATEGORY_NAMES.map(({ id }) => id)).toEqual(served.map(([english]) => `category.${english}`));
  expect(served.map(([english]) => categoryName(english))).toEqual(served.map(([, german]) => german));
});

it("of other categories are what admins wrote, whatever that is", () => {
  for (const name of ["Music of ours", "music", "", "{0}", "constructor", "__proto__"])
    expect(categoryName(name)).toBe(name);
});

it("are in the order of their readers", () => {
  const of = (name: string) => ({ slug: name, name }) as Parameters<typeof byName>[0][number];
  expect(byName(["Art", "Music", "Zoo", "Chess"].map(of)).map(({ slug }) => slug)).toEqual([
    "Art",
    "Music",
    "Chess",
    "Zoo",
  ]);
});

it("are English while English is spoken", () => {
  i18n.activate("en");
  expect(categoryName("Music")).toBe("Music");
  i18n.activate("de", "de-DE");
});
