/**
 * Every page of the app: axe finds nothing wrong with it in dark and in light, on a desk and on a phone, and nothing is wider than the window. A page
 * that the router has and no test looks at is found, too.
 */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, describe, it } from "node:test";
import { assertClean } from "./axe.mjs";
import { PAGES, show } from "./every-page.mjs";
import { freshName, SMALL, skip, stage } from "./harness.mjs";
import { assertFits } from "./layout.mjs";
import { WINDOWS } from "./looks.mjs";
import { seed } from "./seed.mjs";
import { DATA } from "./staff.mjs";

const here = (file) => readFile(new URL(file, import.meta.url), "utf8");
const unique = (list) => [...new Set(list)].sort();

describe("the list of pages", () => {
  it("has every address of the router, and no other", async () => {
    const source = await here("../src/routes.tsx");
    const routed = source
      .split('path="')
      .slice(1)
      .map((rest) => rest.slice(0, rest.indexOf('"')));
    assert.ok(routed.length > 20, `${routed}`);
    assert.deepEqual(unique(PAGES.flatMap(({ route }) => route ?? [])), unique(routed));
  });

  it("names tests that have axe look at the others", async () => {
    for (const { route, test } of PAGES.filter((page) => page.test)) {
      const text = await here(test);
      const stem = route.replace(/\/:.*$/, "");
      assert.ok(text.includes("await assertClean("), `${test} asks axe`);
      assert.ok(text.includes(stem), `${test} opens ${route}`);
    }
  });
});

describe("every page", { skip: skip || (DATA ? false : "STREAMLY_E2E_DATA is not set") }, () => {
  let cast;
  stage(["--autoplay-policy=no-user-gesture-required"], async (stage) => {
    cast = await seed(stage, freshName, SMALL);
  });
  after(() => cast?.network.cut());

  for (const page of PAGES.filter(({ test }) => !test))
    it(`${page.what}: in both themes, at both widths`, async () => {
      const who = await show(page, cast);
      try {
        for (const window of WINDOWS) {
          await who.page.setViewportSize(window);
          await assertFits(who, `${page.what} at ${window.width}`);
          await assertClean(who.page, `${page.what} at ${window.width}`);
        }
      } finally {
        await who.page.goto("about:blank");
        await page.leave?.(cast);
        await who.page.setViewportSize(WINDOWS[0]);
      }
    });

  it("nothing broke, and nothing left the site", () => {
    const { visitor, traveller, maya, ada, chief, network } = cast;
    const ofTheWay = (failure) => failure.includes(network.origin);
    for (const { failures } of [visitor, maya, ada, chief]) assert.deepEqual(failures, []);
    assert.deepEqual(
      traveller.failures.filter((failure) => !ofTheWay(failure)),
      [],
    );
  });
});
