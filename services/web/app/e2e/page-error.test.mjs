/** A page of the app that breaks while it is drawn: it says so in its own place, with ways out; what surrounds it works on, and other pages do. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { assertClean } from "./axe.mjs";
import { BASE, person, skip, stage, until } from "./harness.mjs";
import { assertFits } from "./layout.mjs";
import { WINDOWS } from "./looks.mjs";

/** The chunk of a page, in whose place another one is given. */
const isChunk = ({ pathname }) => /\/assets\/browse-[^/]*\.js$/.test(pathname);
const WORD = "broken on purpose";
const BROKEN = `export const Browse = () => { throw new Error("${WORD}"); };`;

describe("a page that breaks", { skip }, () => {
  let visitor;
  stage([], async ({ browser }) => {
    // What a service worker fetches no test can change.
    visitor = await person(browser, { locale: "en-US", serviceWorkers: "block" });
    await visitor.page.route(isChunk, (route) =>
      route.fulfill({
        contentType: "text/javascript",
        headers: { "cache-control": "no-store" },
        body: BROKEN,
      }),
    );
  });
  const atHome = () => visitor.page.getByTestId(/^home-(empty|list)$/).first();

  it("says so in its place, to everybody's eyes and ears, and tells the platform", async () => {
    const { page, at, failures } = visitor;
    await page.goto(`${BASE}/browse`);
    await at("page-error").waitFor();
    assert.match(await at("page-error").innerText(), /Something broke on this page/);
    assert.match(await at("page-error").innerText(), /It is not your fault/);
    assert.equal(await page.locator("main").getByTestId("page-error").count(), 1, "in its place");
    for (const window of WINDOWS) {
      await page.setViewportSize(window);
      await assertFits(visitor, `a page that broke at ${window.width}`);
      await assertClean(page, `a page that broke at ${window.width}`);
    }
    await page.setViewportSize(WINDOWS[0]);
    await until("it is told", () => failures.some((failure) => /^told: .*broken on purpose/.test(failure)));
  });

  it("leaves the way to other pages, and back to it it is no better", async () => {
    const { page, at } = visitor;
    await page.locator("header a").first().click();
    await page.waitForURL(`${BASE}/`);
    await atHome().waitFor();
    assert.equal(await at("page-error").count(), 0);
    await at("browse").click();
    await at("page-error").waitFor();
    await page.goBack();
    await atHome().waitFor();
  });

  it("is there again by its own button once it is whole", async () => {
    const { page, at, failures } = visitor;
    await page.goto(`${BASE}/browse`);
    await at("page-error").waitFor();
    await page.unroute(isChunk);
    await at("page-error").getByRole("button", { name: "Reload" }).focus();
    await page.keyboard.press("Enter");
    await at("category-list").waitFor();
    assert.equal(await at("page-error").count(), 0);
    const others = failures.filter((failure) => !failure.includes(WORD));
    assert.deepEqual(others, []);
  });
});
