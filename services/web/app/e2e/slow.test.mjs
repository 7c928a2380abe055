/**
 * A server that takes its time: pages say so where something is missing, and go on by themselves when the answer comes; what was to be done
 * ends after a while, is not done again, and leaves the form as it was; a sign-out holds whatever the server and the browser's push service do.
 */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { assertClean } from "./axe.mjs";
import { assertSoon, BASE, freshName, person, registerPerson, skip, stage, until } from "./harness.mjs";
import { hold } from "./hold.mjs";
import { focused } from "./room.mjs";

/** `ANSWER_MS` of `src/api/time-limit.ts`, and a little. */
const LIMIT_MS = 21_000;
/** `SIGN_OUT_MS` of the same file, and what the rest of a sign-out takes. */
const LEAVE_MS = 8_000;

/** Runs in the page before all else: the browser's push service is asked, and never answers what is named. */
function stickPush(question) {
  const never = () => {
    window.askedPush = true;
    return new Promise(() => {});
  };
  const subscription = async () => ({ unsubscribe: never });
  PushManager.prototype.getSubscription = question === "unsubscribe" ? subscription : never;
}

/** Runs in the page: it is one of the account's browsers that are pushed to, as far as this browser knows. */
async function subscribe() {
  await navigator.serviceWorker.register("/sw.js", { scope: "/push/" });
  localStorage.setItem("streamly-push-browser", crypto.randomUUID());
}

describe("a server that takes its time", { skip }, () => {
  let [owner, viewer, leaver] = [];
  const name = freshName("slow");
  const scene = stage([], async ({ browser }) => {
    [owner, viewer, leaver] = await Promise.all(
      [1, 2, 3].map(() => person(browser, { locale: "en-US", serviceWorkers: "block" })),
    );
    await registerPerson(owner, name);
    await registerPerson(leaver, freshName("left"));
  });

  /** Status of a renewal: 401 where the session is over. */
  const renewed = (page) =>
    page.evaluate(async () => (await fetch("/api/auth/refresh", { method: "POST" })).status);

  /** Opens a page whose answer is held back: it says that it takes long, then shows what came, in the same document. */
  async function heals(who, address, path, there) {
    const held = await hold(who.page, path);
    await who.page.goto(`${BASE}${address}`);
    const slow = who.at("slow").first();
    await slow.waitFor();
    assert.match(await slow.innerText(), /takes longer than usual/);
    assert.ok(held.asked() >= 1, `${address} asked`);
    await assertClean(who.page, `${address}, slow`);
    await who.page.evaluate(() => {
      window.sameDocument = true;
    });
    await held.release();
    await there().first().waitFor();
    await slow.waitFor({ state: "detached" });
    assert.ok(await who.page.evaluate(() => window.sameDocument), `${address} was not loaded again`);
  }

  it("home says so, and shows who is live when it knows", () =>
    heals(viewer, "/", "/api/streams", () => viewer.page.getByTestId(/^(home-empty|card-)/)));

  it("so does a category", async () => {
    const { items } = await (await fetch(`${BASE}/api/categories`)).json();
    const { slug } = items[0];
    await heals(viewer, `/category/${slug}`, `/api/categories/${slug}`, () => viewer.at("category-name"));
  });

  it("so does a channel, in the picture's place", () =>
    heals(viewer, `/${name}`, `/api/streams/${name}`, () => viewer.at("stream-title")));

  it("so do past broadcasts", () =>
    heals(owner, "/dashboard/broadcasts", "/api/streams/me/broadcasts", () => owner.at("past-empty")));

  it("so does the moderation page, and each of its parts, of which one is spoken", async () => {
    await heals(owner, `/moderation/${name}`, `/api/streams/${name}`, () => owner.at("moderation"));
    const held = await hold(owner.page, /^\/api\/chat\/rooms\/[^/]+\/(holds|reports|unban-requests)$/);
    await owner.page.goto(`${BASE}/moderation/${name}?tab=queue`);
    const slow = owner.at("slow");
    await until("each part says so", async () => (await slow.count()) === 3);
    assert.equal(await owner.page.getByRole("status").getByTestId("slow").count(), 1);
    await held.release();
    await owner.page.getByText("Nothing waits.").waitFor();
    await until("none says so", async () => (await slow.count()) === 0);
  });

  it("a button keeps the focus while its work is done, and takes no second press", async () => {
    const { page, at } = viewer;
    await registerPerson(viewer, freshName("fan"));
    await page.goto(`${BASE}/${name}`);
    await at("follow").waitFor();
    const held = await hold(page, /^\/api\/streams\/[^/]+\/follow$/, "PUT");
    await at("follow").focus();
    await page.keyboard.press("Enter");
    await until("it is busy", async () => (await at("follow").getAttribute("aria-disabled")) === "true");
    assert.equal(await focused(viewer), "follow");
    await page.keyboard.press("Enter");
    assert.equal(await at("follow").getAttribute("disabled"), null);
    await held.release();
    await at("bell").waitFor();
    assert.equal(await focused(viewer), "follow");
    assert.equal(await at("follow").getAttribute("aria-pressed"), "true");
    assert.equal(held.asked(), 1);
  });

  it("what is not answered in time says that it may have been done, once, and leaves what was typed", async () => {
    const { page, at } = owner;
    await page.clock.install();
    await page.goto(`${BASE}/dashboard/channel`);
    await at("settings-bio").fill("Something long");
    const held = await hold(page, "/api/streams/me", "PATCH");
    await at("save-about").focus();
    await page.keyboard.press("Enter");
    await until("it was asked", () => held.asked() === 1);
    await until("it is busy", async () => (await at("save-about").getAttribute("aria-busy")) === "true");
    await page.keyboard.press("Enter");
    assert.equal(await at("settings-about").getByTestId("form-error").innerText(), "");
    await page.clock.fastForward(LIMIT_MS);
    await at("settings-about")
      .getByText(/did not answer in time.*look before you try again/)
      .waitFor();
    assert.equal(await at("settings-bio").inputValue(), "Something long");
    assert.equal(await focused(owner), "save-about");
    assert.equal(held.asked(), 1);
    await held.release();
    await at("save-about").click();
    await until("it is saved", async () => /Saved/.test(await at("save-about-done").innerText()));
  });

  it("a sign-out holds here although the server is not told, which is said until it was", async () => {
    const { page, at } = leaver;
    const path = (url) => url.pathname === "/api/auth/logout";
    let tries = 0;
    await page.goto(BASE);
    await page.route(path, (route) => {
      tries++;
      return route.abort();
    });
    await at("user-menu").click();
    await at("sign-out").click();
    await at("account-untold").waitFor();
    await at("sign-in").waitFor();
    await until("the focus is in the page", async () => (await focused(leaver)) === "MAIN");
    await assertClean(page, "signed out, the server does not know");
    const before = tries;
    await at("sign-out-again").click();
    await until("it was tried again", () => tries > before);
    await at("account-untold").waitFor();
    await page.unroute(path);
    // By itself, with growing pauses.
    await until("the server knows", async () => (await at("account-untold").count()) === 0, 60_000);
    assert.equal(await renewed(page), 401);
    await page.reload();
    await at("sign-in").waitFor();
  });

  for (const question of ["getSubscription", "unsubscribe"])
    it(`a sign-out holds although the browser's push service never answers ${question}`, async () => {
      // Blocked workers could be pushed to by nobody.
      const who = await person(scene.browser, { locale: "en-US" });
      const { context, page, at } = who;
      await context.addInitScript(stickPush, question);
      await registerPerson(who, freshName("push"));
      await page.goto(BASE);
      await page.evaluate(subscribe);
      const other = await context.newPage();
      await other.goto(`${BASE}/browse`);
      await other.getByTestId("user-menu").waitFor();
      await page.bringToFront();
      await at("user-menu").click();
      const since = Date.now();
      await at("sign-out").click();
      await at("sign-in").waitFor();
      await assertSoon(since, LEAVE_MS, "signed out without a push service");
      assert.equal(await page.evaluate(() => window.askedPush), true);
      assert.equal(await at("user-menu").count(), 0);
      assert.equal(await at("account-untold").count(), 0, "the server knows");
      await until("the focus is in the page", async () => (await focused(who)) === "MAIN");
      assert.match(await other.getByTestId("account-tab").innerText(), /signed out in another tab/);
      assert.equal(await renewed(page), 401);
      assert.equal(await page.evaluate(() => localStorage.getItem("streamly-push-browser")), null);
      await page.reload();
      await at("sign-in").waitFor();
      assert.deepEqual(who.failures, []);
      await context.close();
    });

  it("nothing broke", () =>
    assert.deepEqual([...owner.failures, ...viewer.failures, ...leaver.failures], []));
});
