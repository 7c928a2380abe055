/**
 * Every page of the app: axe finds nothing wrong with it in dark and in light, on a desk and on a phone, nothing jumps while it comes, and nothing is
 * wider than the window, also on a tablet and on a wall. A page that the router has and no test looks at is found, too.
 */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, describe, it } from "node:test";
import { assertClean } from "./axe.mjs";
import { PAGES, show } from "./every-page.mjs";
import { freshName, SMALL, skip, stage } from "./harness.mjs";
import { assertFits, assertStill, noteShifts } from "./layout.mjs";
import { WINDOWS } from "./looks.mjs";
import { seed } from "./seed.mjs";
import { DATA } from "./staff.mjs";

/** A tablet's and a wall's. */
const OTHER_WINDOWS = [
  { width: 768, height: 1024 },
  { width: 2560, height: 1440 },
];

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
    const people = Object.values(cast).filter(({ page }) => page);
    await Promise.all(people.map(({ page }) => page.addInitScript(noteShifts)));
  });
  after(() => cast?.network.cut());

  /** Opens it in such a window, and leaves everything as it was. */
  async function visit(page, window, look) {
    const { page: tab } = cast[page.who ?? "visitor"];
    await tab.setViewportSize(window);
    try {
      await look(await show(page, cast));
    } finally {
      await tab.goto("about:blank");
      await page.leave?.(cast);
      await tab.setViewportSize(WINDOWS[0]);
    }
  }
  const fitsOthers = async (who, { what }) => {
    for (const window of OTHER_WINDOWS) {
      await who.page.setViewportSize(window);
      await assertFits(who, `${what} at ${window.width}`);
    }
  };

  for (const page of PAGES.filter(({ test }) => !test)) {
    for (const window of WINDOWS)
      it(`${page.what}: in both themes, ${window.width} px wide, and nothing jumps while it comes`, () =>
        visit(page, window, async (who) => {
          const what = `${page.what} at ${window.width}`;
          await assertStill(who, what);
          await assertFits(who, what);
          await assertClean(who.page, what);
          if (window === WINDOWS[0]) await fitsOthers(who, page);
        }));
  }

  for (const page of PAGES.filter(({ test }) => test))
    it(`${page.what}: fits a tablet and a wall`, () =>
      visit(page, WINDOWS[0], (who) => fitsOthers(who, page)));

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
