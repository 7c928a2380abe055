/**
 * What could not be had when a page was opened: it says so, and heals by itself where that can be; what else is on the page goes on. And lists of
 * channels that stay true while one looks at them.
 */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { assertClean } from "./axe.mjs";
import {
  attribute,
  BASE,
  createKey,
  freshName,
  person,
  publish,
  registerPerson,
  SMALL,
  skip,
  stage,
  until,
} from "./harness.mjs";
import { hold } from "./hold.mjs";
import { assertFits } from "./layout.mjs";

describe("a page heals", { skip }, () => {
  let [owner, viewer] = [];
  const name = freshName("hela");
  const scene = stage([], async ({ browser }) => {
    // What a service worker fetches no test can hold back.
    [owner, viewer] = await Promise.all(
      [1, 2].map(() => person(browser, { locale: "en-US", serviceWorkers: "block" })),
    );
    await registerPerson(owner, name);
    scene.key = await createKey(owner);
  });
  const refused = (route) =>
    route.fulfill({
      status: 503,
      contentType: "application/problem+json",
      body: JSON.stringify({
        type: "about:blank#unavailable",
        status: 503,
        code: "unavailable",
        title: "Away.",
      }),
    });
  const sameDocument = ({ page }) => page.evaluate(() => window.sameDocument === true);
  const mark = ({ page }) =>
    page.evaluate(() => {
      window.sameDocument = true;
    });

  it("a channel whose service was away is there when it is back, without a click", async () => {
    const { page, at } = viewer;
    const calls = (url) => url.pathname === `/api/streams/${name}`;
    await page.route(calls, refused);
    await page.goto(`${BASE}/${name}`);
    await at("channel-error").waitFor();
    await mark(viewer);
    await page.unroute(calls);
    await untilOffline(viewer);
    assert.ok(await sameDocument(viewer));
  });

  it("so is the list of who is live, and one's own dashboard", async () => {
    for (const [who, path, calls, id] of [
      [viewer, "/", (url) => url.pathname === "/api/streams", /^home-(empty|list)$/],
      [owner, "/dashboard", (url) => url.pathname === "/api/streams/me", "dashboard-state"],
    ]) {
      await who.page.route(calls, refused);
      await who.page.goto(`${BASE}${path}`);
      await who.page.getByRole("button", { name: "Try again" }).first().waitFor();
      await mark(who);
      await who.page.unroute(calls);
      await until(`${path} is there`, async () => (await who.at(id).count()) > 0);
      assert.ok(await sameDocument(who));
    }
  });

  it("a part whose code is not to be had says so, and the page goes on", async () => {
    const { page, at } = owner;
    const code = (url) => /\/assets\/user-menu-[^/]*\.js$/.test(url.pathname);
    await page.route(code, (route) => route.abort());
    await page.goto(`${BASE}/${name}`);
    await page.getByTestId("part-missing").waitFor();
    // Whether it is gone or the way there is bad, nobody knows.
    await until("the bar says so", async () => /could not be loaded/.test(await at("lost-bar").innerText()));
    assert.equal(await attribute(owner, "lost-bar", "data-why"), "lost");
    await untilOffline(owner);
    assert.equal(await at("page-error").count(), 0);
    await page.unroute(code);
    owner.failures.length = 0;
  });

  const shareCode = (url) => /\/assets\/share-dialog-[^/]*\.js$/.test(url.pathname);

  it("a part that an update took away says so however often it is wanted, and a reload brings it", async () => {
    const { page, at } = viewer;
    await page.route(shareCode, (route) => route.fulfill({ status: 404, body: "" }));
    await page.setViewportSize({ width: 390, height: 800 });
    await page.goto(`${BASE}/${name}`);
    await at("share").click();
    await until("the bar says so", async () => /was updated/.test(await at("lost-bar").innerText()));
    await assertClean(page, "a page that lost a part");
    await assertFits(viewer, "a page that lost a part");
    await at("lost-later").click();
    await at("lost-bar").waitFor({ state: "detached" });
    await untilOffline(viewer);
    // Later in the same page: no press is without an answer.
    await mark(viewer);
    await page.locator("header a").first().click();
    await page.waitForURL(`${BASE}/`);
    await page.goBack();
    await untilOffline(viewer);
    await at("share").click();
    assert.ok(await sameDocument(viewer));
    await at("lost-bar").waitFor();
    await page.unroute(shareCode);
    await at("lost-reload").click();
    await untilOffline(viewer);
    assert.equal(await at("lost-bar").count(), 0);
    await at("share").click();
    await at("share-dialog").waitFor();
    await page.setViewportSize({ width: 1440, height: 900 });
    viewer.failures.length = 0;
  });

  it("without a network a lost part is the network's, and afterwards it can be had again", async () => {
    const { context, page, at } = viewer;
    // Or it would come from what the browser kept of it before.
    await page.route(shareCode, (route) => route.abort("internetdisconnected"));
    await page.goto(`${BASE}/${name}`);
    await untilOffline(viewer);
    await context.setOffline(true);
    await at("share").click();
    await at("part-missing").waitFor();
    assert.match(await at("offline-bar").innerText(), /You are offline/);
    assert.equal(await at("lost-bar").count(), 0);
    await context.setOffline(false);
    await page.unroute(shareCode);
    await at("lost-reload").click();
    await untilOffline(viewer);
    await at("share").click();
    await at("share-dialog").waitFor();
    viewer.failures.length = 0;
  });

  it("where the app itself is not to be had, that is said", async () => {
    const other = await person(scene.browser, { locale: "de-DE", serviceWorkers: "block" });
    await other.page.route(
      (url) => /\/assets\/index-[^/]*\.js$/.test(url.pathname),
      (route) => route.abort(),
    );
    await other.page.goto(BASE);
    await other.page.getByRole("alert").getByText("Lade sie neu").waitFor();
    await other.page.getByRole("button", { name: "Neu laden" }).waitFor();
    await other.context.close();
  });

  it("where the app takes long, that is said in the language that was chosen, until it is there", async () => {
    const other = await person(scene.browser, { locale: "en-US", serviceWorkers: "block" });
    await other.page.addInitScript(() => localStorage.setItem("language", "de"));
    const held = await hold(other.page, /\/assets\/index-[^/]*\.js$/);
    await other.page.goto(BASE, { waitUntil: "commit" });
    const words = other.page.getByText("Das dauert länger als sonst.");
    await words.waitFor();
    assert.ok(held.asked() >= 1);
    assert.equal(await other.page.getByRole("button").count(), 0);
    await held.release();
    await other.at("home-list").or(other.at("home-empty")).first().waitFor();
    await words.waitFor({ state: "detached" });
    assert.deepEqual(other.failures, []);
    await other.context.close();
  });

  it("whoever goes live comes into an open list, and who ends is not live in it any more", async () => {
    const { page, at } = viewer;
    await page.goto(`${BASE}/browse`);
    await page
      .getByTestId(/^browse-(list|none)$/)
      .first()
      .waitFor();
    await mark(viewer);
    scene.publisher = publish(scene.key, SMALL);
    const viewers = at(`card-${name}`).getByTestId("card-viewers");
    await until("its card is live", async () => (await viewers.count()) === 1, 30_000);
    await scene.publisher.stop();
    await until("it is not live any more", async () => (await viewers.count()) === 0, 30_000);
    await at(`card-${name}`).waitFor();
    assert.ok(await sameDocument(viewer));
    assert.deepEqual([...owner.failures, ...viewer.failures], []);
  });
});

/** The channel's page says that nothing is on. */
function untilOffline(who) {
  return until(
    "the channel is offline",
    async () => (await attribute(who, "player-state", "data-state")) === "offline",
  );
}
