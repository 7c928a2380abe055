/** The guide to OBS: what a stranger and a broadcaster find on it, its pictures, and what axe-core says; in both languages. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { assertClean } from "./axe.mjs";
import { BASE, createKey, freshName, person, registerPerson, skip, stage, until } from "./harness.mjs";

describe("the guide to OBS", { skip }, () => {
  let [stranger, maya, german] = [];
  const name = freshName("maya");
  stage([], async ({ browser }) => {
    [stranger, maya] = [await person(browser), await person(browser)];
    german = await person(browser, { locale: "de-DE", viewport: { width: 390, height: 844 } });
  });
  const open = (who) => who.page.goto(`${BASE}/guide/obs`);

  it("is found from the registration, tells the server, and sends a stranger to sign in and back", async () => {
    await stranger.page.goto(`${BASE}/register`);
    await stranger.at("to-guide").click();
    await stranger.page.waitForURL(`${BASE}/guide/obs`);
    assert.match(await stranger.at("guide-rtmp").getAttribute("data-value"), /^rtmp:\/\/[^/]+\/live$/);
    assert.match(await stranger.at("guide-rtmps").getAttribute("data-value"), /^rtmps:\/\//);
    assert.equal(await stranger.at("guide-dashboard").count(), 0);
    await stranger.at("guide-sign-in").click();
    await stranger.page.waitForURL(`${BASE}/login?next=%2Fguide%2Fobs`);
  });

  it("names the server that the dashboard names, and leads to the key", async () => {
    await registerPerson(maya, name);
    const { server } = await createKey(maya);
    await maya.at("to-guide").click();
    await maya.at("guide-rtmp").waitFor();
    assert.equal(await maya.at("guide-rtmp").getAttribute("data-value"), server);
    await maya.at("guide-dashboard").click();
    await maya.page.waitForURL(`${BASE}/dashboard`);
  });

  it("shows OBS as the reader has it, and nothing is wider than a phone", async () => {
    for (const [who, language] of [
      [stranger, "en"],
      [german, "de"],
    ]) {
      await open(who);
      for (const shot of ["stream", "output", "video", "start"]) {
        const image = who.at(`shot-${shot}`).locator("img");
        await image.scrollIntoViewIfNeeded();
        await until(`${shot} is loaded`, () => image.evaluate((i) => i.complete && i.naturalWidth > 0));
        assert.match(await image.getAttribute("src"), new RegExp(`/${shot}\\.${language}-`));
        assert.ok((await image.getAttribute("alt")).length > 30, shot);
      }
    }
    const [wide, screen] = await german.page.evaluate(() => [
      document.documentElement.scrollWidth,
      innerWidth,
    ]);
    assert.equal(wide, screen);
    const scroller = german.at("shot-stream").locator("..");
    await scroller.focus();
    await german.page.keyboard.press("ArrowRight");
    await until("it is scrolled by a key", () => scroller.evaluate(({ scrollLeft }) => scrollLeft > 0));
    assert.ok(
      await german
        .at("shot-stream")
        .locator("img")
        .evaluate((i) => i.naturalWidth > 0 && i.clientWidth >= i.naturalWidth / 2),
      "as large as OBS is",
    );
    assert.match(await german.at("guide-troubles").innerText(), /Verbindung zum Server fehlgeschlagen/);
  });

  it("axe finds nothing wrong, in both themes, wide and narrow", async () => {
    for (const who of [maya, german]) {
      await open(who);
      await who.at("guide-rtmp").waitFor();
      await assertClean(who.page, "the guide");
    }
    for (const who of [stranger, maya, german]) assert.deepEqual(who.failures, []);
  });
});
