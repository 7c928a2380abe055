/** What stands for a category until its names are there. */
import { afterAll, expect, it, vi } from "vitest";
import { CATALOGUES } from "./catalogues";
import { categoryNameNow } from "./category-name";
import { language } from "./language";

vi.stubGlobal("document", { documentElement: {} });
afterAll(() => vi.unstubAllGlobals());

const heard = () => new Promise<void>((done) => void language.subscribe(done));

it("is in English what the server calls it", () => {
  expect(categoryNameNow("Music")).toBe("Music");
});

it("is in German nothing that is another word in a moment, and English where the names cannot be had", async () => {
  vi.spyOn(console, "error").mockImplementation(() => {});
  const load = vi.spyOn(CATALOGUES.de, "categories").mockRejectedValueOnce(new Error("away"));
  const german = heard();
  language.choose("de");
  await german;
  expect(categoryNameNow("Music")).toBe("\u00a0");
  await language.add(["categories"]);
  expect(categoryNameNow("Music")).toBe("Music");
  load.mockRestore();
  await language.add(["categories"]);
  expect(categoryNameNow("Music")).toBe("Musik");
});
