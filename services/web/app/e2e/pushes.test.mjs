/** Pages that show a channel say that nothing is pushed to them: its own page, a window of the player, a player in a frame. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { assertClean } from "./axe.mjs";
import { BASE, freshName, person, registerPerson, skip, stage, until } from "./harness.mjs";

describe("a page that hears nothing", { skip }, () => {
  const name = freshName("mute");
  let viewer;
  stage([], async ({ browser }) => {
    const owner = await person(browser);
    await registerPerson(owner, name);
    await owner.context.close();
    // What a service worker fetches no test can hold back.
    viewer = await person(browser, { locale: "en-US", serviceWorkers: "block" });
  });
  const isPush = ({ pathname }) => pathname === "/api/events";

  for (const [what, path] of [
    ["a channel", `/${name}`],
    ["the player's own window", `/popout/${name}/player`],
    ["an embedded player", `/embed/${name}`],
  ]) {
    it(`${what} says so, and no longer when it hears again`, async () => {
      const { page, at } = viewer;
      await page.route(isPush, (route) => route.abort());
      await page.goto(`${BASE}${path}`);
      await at("push-lost").waitFor();
      assert.match(await at("push-lost").innerText(), /Connection to the server lost/);
      assert.equal(await page.locator("[role=status] > [data-testid=push-lost]").count(), 1);
      await assertClean(page, `${what} that hears nothing`);
      await page.unroute(isPush);
      await until("it hears again", async () => (await at("push-lost").count()) === 0, 30_000);
      assert.deepEqual(viewer.failures, []);
    });
  }
});
