/**
 * Notices in the browser: a follower's bell and word when a channel goes live, what switches them off, the mail and the link that stops it,
 * the service worker that shows a push; and what axe-core finds on those pages.
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
  const unread = async () => {
    const badge = fan.at("notice-unread");
    return (await badge.count()) ? badge.innerText() : "";
  };
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
    await fan.page
      .getByRole("navigation", { name: "Live channels" })
      .getByRole("link", { name: casterName })
      .first()
      .waitFor();
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

  it("the service worker shows a push, one of a channel at a time, and controls no page", async () => {
    const { context, page } = fan;
    await context.grantPermissions(["notifications"], { origin: BASE });
    const cdp = await context.newCDPSession(page);
    const registrations = [];
    cdp.on("ServiceWorker.workerRegistrationUpdated", (event) => registrations.push(...event.registrations));
    await cdp.send("ServiceWorker.enable");
    await page.evaluate(async () => {
      const registration = await navigator.serviceWorker.register("/sw.js", { scope: "/push/" });
      const worker = registration.installing ?? registration.waiting;
      if (!registration.active)
        await new Promise((done) =>
          worker.addEventListener("statechange", () => worker.state === "activated" && done()),
        );
    });
    const controller = await page.evaluate(() => navigator.serviceWorker.controller?.scriptURL ?? "");
    assert.ok(!controller.endsWith("/sw.js"), "it controls no page");
    const found = await until("a registration", () =>
      registrations.find((r) => r.scopeURL === `${BASE}/push/` && !r.isDeleted),
    );
    const push = (message) =>
      cdp.send("ServiceWorker.deliverPushMessage", {
        origin: BASE,
        registrationId: found.registrationId,
        data: typeof message === "string" ? message : JSON.stringify(message),
      });
    const shown = () =>
      page.evaluate(async () => {
        const registration = await navigator.serviceWorker.getRegistration("/push/");
        const all = await registration.getNotifications();
        return all.map((n) => ({ title: n.title, body: n.body, tag: n.tag, path: n.data.path }));
      });
    const channel = "01923e4e-0000-7000-8000-000000000000";
    const live = {
      type: "live",
      channel_id: channel,
      username: casterName,
      display_name: "Maya",
      title: "Engines",
      category: "Science",
      avatar_url: null,
    };
    await push(live);
    const [first] = await until("a notification", async () => {
      const all = await shown();
      return all.length > 0 && all;
    });
    assert.deepEqual(first, {
      title: "Maya is live",
      body: "Engines\nScience",
      tag: `live-${channel}`,
      path: `/${casterName}`,
    });
    // Another one about the channel takes its place.
    await push({ ...live, title: "Boats" });
    await until("the newer one", async () => (await shown()).some((n) => n.body.startsWith("Boats")));
    assert.equal((await shown()).length, 1);
    // What cannot be read is shown as something all the same.
    await push("no JSON");
    await until("something", async () => (await shown()).some((n) => n.title === "A channel is live"));
    await page.evaluate(() => navigator.serviceWorker.getRegistration("/push/").then((r) => r.unregister()));
    assert.deepEqual(fan.failures, []);
    assert.deepEqual(caster.failures, []);
  });
});
