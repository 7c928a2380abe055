/** Which language is spoken, and by whose figures. */
import { expect, it } from "vitest";
import { languageFor, tagFor } from "./choice";

it("what was chosen comes first, then the browser's languages in their order, then English", () => {
  expect(languageFor(null, ["de-AT", "en"])).toBe("de");
  expect(languageFor(null, ["fr", "de", "en"])).toBe("de");
  expect(languageFor(null, ["fr-FR"])).toBe("en");
  expect(languageFor(null, [])).toBe("en");
  expect(languageFor("en", ["de"])).toBe("en");
  expect(languageFor("xx", ["DE-de"])).toBe("de");
});

it("figures are those of the reader's country where the browser tells it", () => {
  expect(tagFor("de", ["de", "de-CH", "en-US"])).toBe("de-CH");
  expect(tagFor("de", ["en-US"])).toBe("de-DE");
  expect(tagFor("en", ["en-US", "en"])).toBe("en-US");
  expect(tagFor("en", ["de-DE"])).toBe("en-GB");
});

it("a tag that is none says no country, and breaks nothing", () => {
  expect(tagFor("en", ["en-US@posix"])).toBe("en-GB");
  expect(tagFor("en", ["en-US@posix", "en-CA"])).toBe("en-CA");
  expect(tagFor("de", ["de-DE@euro"])).toBe("de-DE");
  expect(languageFor(null, ["de-DE@euro"])).toBe("de");
});
