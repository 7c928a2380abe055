/**
 * Notices in the browser: a follower's bell and word when a channel goes live, what switches them off, the mail and the link that stops it;
 * and what axe-core finds on those pages.
 */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { assertClean } from "./axe.mjs";
import {
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
import { DATA, linkOf, mailTo } from "./mail.mjs";

const without = skip || (DATA ? false : "STREAMLY_E2E_DATA is not set");

describe("notices of live channels", { skip: without }, () => {
  let [caster, fan] = [];
  let place;
  const [casterName, fanName] = [freshName("maya"), freshName("noor")];
  const scene = stage([], async ({ browser }) => {
    [caster, fan] = [await person(browser), await person(browser)];
    await registerPerson(caster, casterName);
    place = await createKey(caster);
    await registerPerson(fan, fanName);
  });
  const open = (who, path) => who.page.goto(`${BASE}${path}`);
  // All in one look: the number may go between two.
  const unread = async () => (await fan.at("notice-unread").allInnerTexts()).join("");
  const live = async () => {
    scene.publisher = publish(place, SMALL);
    await until("it is live", async () => {
      const answer = await fetch(`${BASE}/api/streams/${casterName}`);
      return (await answer.json()).state === "live";
    });
  };
  const over = async () => {
    await scene.publisher.stop();
    await until("it is over", async () => {
      const answer = await fetch(`${BASE}/api/streams/${casterName}`);
      return (await answer.json()).state === "offline";
    });
  };

  it("a follower has a bell of the channel, and an empty list", async () => {
    await open(fan, `/${casterName}`);
    await fan.at("follow").click();
    await fan.at("bell").waitFor();
    assert.equal(await fan.at("bell").getAttribute("aria-pressed"), "true");
    await fan.at("notice-bell").click();
    assert.match(await fan.at("notice-panel").innerText(), /Nothing yet/);
    await fan.page.keyboard.press("Escape");
    assert.equal(await fan.at("notice-panel").count(), 0);
    assert.ok(await fan.at("notice-bell").evaluate((b) => b === document.activeElement), "the focus is back");
  });

  it("the channel goes live: a word in the corner, a number on the bell, a row in the list", async () => {
    // On another page of the platform, and with mails asked for, which need a confirmed address.
    await open(fan, "/verify-email");
    await fan.page.goto(linkOf(await mailTo(`${fanName}@example.org`, "confirm_address")));
    await fan.at("follow-link").click();
    await fan.at("link-followed").waitFor();
    await open(fan, "/settings/notices");
    await until(
      "mail is off",
      async () => (await fan.at("notice-mail").getAttribute("aria-checked")) === "false",
    );
    await fan.at("notice-mail").click();
    await until(
      "mail is on",
      async () => (await fan.at("notice-mail").getAttribute("aria-checked")) === "true",
    );
    await assertClean(fan.page, "settings of notices");
    await live();
    await until("a word", async () => (await fan.at("notice-toast").innerText()).includes("is live"));
    assert.equal(await fan.at("notice-toast").getAttribute("aria-live"), "polite");
    assert.equal(await unread(), "1");
    await assertClean(fan.page, "a page with a notice");
    if (process.env.STREAMLY_E2E_SHOTS)
      await fan.page.screenshot({ path: `${process.env.STREAMLY_E2E_SHOTS}/toast.png` });
    await fan.at("notice-bell").click();
    const row = fan.at("notice").first();
    assert.match(await row.innerText(), new RegExp(`${casterName}.*is live`, "i"));
    await until("it is read", async () => (await unread()) === "");
    await assertClean(fan.page, "the list of notices");
    if (process.env.STREAMLY_E2E_SHOTS)
      await fan.page.screenshot({ path: `${process.env.STREAMLY_E2E_SHOTS}/panel.png` });
    await row.click();
    await fan.page.waitForURL(`${BASE}/${casterName}`);
  });

  it("what was read stays read in another tab and after a reload", async () => {
    await fan.page.reload();
    await fan.at("notice-bell").click();
    await fan.at("notice").first().waitFor();
    assert.equal(await unread(), "");
    await fan.page.keyboard.press("Escape");
  });

  it("a mail comes, and its link stops them without a sign-in", async () => {
    const mail = await mailTo(`${fanName}@example.org`, "channel_live");
    assert.match(mail, new RegExp(`${BASE}/${casterName}`));
    const link = /^https?:\S+\/notices\/stop\/\S+$/m.exec(mail)[0].trim();
    const stranger = await person(scene.browser, { viewport: { width: 390, height: 844 } });
    await stranger.page.goto(link);
    await assertClean(stranger.page, "the page that stops mails");
    if (process.env.STREAMLY_E2E_SHOTS)
      await stranger.page.screenshot({ path: `${process.env.STREAMLY_E2E_SHOTS}/stop-390.png` });
    await open(fan, "/settings/notices");
    await until(
      "still on",
      async () => (await fan.at("notice-mail").getAttribute("aria-checked")) === "true",
    );
    await stranger.page.getByRole("button", { name: "Stop these mails" }).click();
    await stranger.page.getByRole("heading", { name: "These mails are off" }).waitFor();
    await fan.page.reload();
    await until("off", async () => (await fan.at("notice-mail").getAttribute("aria-checked")) === "false");
    assert.deepEqual(stranger.failures, []);
    await stranger.context.close();
  });

  it("the end of the broadcast is seen in the list", async () => {
    await over();
    await fan.at("notice-bell").click();
    await until("it was live", async () => /was live/.test(await fan.at("notice").first().innerText()));
    await fan.page.keyboard.press("Escape");
  });

  it("a channel whose bell is off, and a page that is not to tell, say nothing", async () => {
    await open(fan, "/settings/notices");
    const bell = fan.at(`bell-${casterName}`);
    await bell.click();
    await until("the bell is off", async () => (await bell.getAttribute("aria-checked")) === "false");
    await fan.at("notice-bell").click();
    await until("nothing is listed of it after a reload", async () => {
      await fan.page.reload();
      await fan.at("notice-bell").click();
      return /Nothing yet/.test(await fan.at("notice-panel").innerText());
    });
    await fan.page.keyboard.press("Escape");
    await fan.at(`bell-${casterName}`).click();
    await until(
      "the bell is on",
      async () => (await fan.at(`bell-${casterName}`).getAttribute("aria-checked")) === "true",
    );
    await fan.at("notice-page").click();
    await until(
      "the page is off",
      async () => (await fan.at("notice-page").getAttribute("aria-checked")) === "false",
    );
    await live();
    // The rail shows it: the page has heard of it, and said nothing.
    await fan.page.locator(`nav a[href="/${casterName}"][data-live=true]`).waitFor();
    assert.equal(await fan.at("notice-toast").innerText(), "");
    assert.equal(await unread(), "");
    await fan.at("notice-bell").click();
    assert.match(await fan.at("notice-panel").innerText(), /Notices in the page are off/);
    await fan.page.keyboard.press("Escape");
    await over();
    await fan.at("notice-page").click();
  });

  it("the settings fit a phone and a desk", async () => {
    for (const [width, height] of [
      [390, 844],
      [1440, 900],
    ]) {
      await fan.page.setViewportSize({ width, height });
      await open(fan, "/settings/notices");
      await fan.at(`bell-${casterName}`).waitFor();
      const wide = await fan.page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
      assert.ok(wide <= 0, `${wide} px too wide at ${width}`);
      if (process.env.STREAMLY_E2E_SHOTS) {
        await fan.page.screenshot({
          path: `${process.env.STREAMLY_E2E_SHOTS}/settings-${width}.png`,
          fullPage: true,
        });
        await fan.at("notice-bell").click();
        await fan.page.screenshot({ path: `${process.env.STREAMLY_E2E_SHOTS}/panel-${width}.png` });
        await fan.page.keyboard.press("Escape");
      }
    }
  });

  it("nothing broke", () => assert.deepEqual([...fan.failures, ...caster.failures], []));
});
