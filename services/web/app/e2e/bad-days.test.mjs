/**
 * Browsers and people as they also are: one that keeps no cookies, one that blocks what looks like watching over somebody, names without
 * end, and two tabs of one account.
 */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  assertMoves,
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
  untilState,
} from "./harness.mjs";
import { assertFits, assertReachable } from "./layout.mjs";
import { assertSeen, enter, say } from "./room.mjs";

/** Paths that lists of ad-blockers name. */
const LISTED =
  /(?:^|[/._-])(?:ads?|advert\w*|track(?:er|ing)?|analytics|telemetry|beacon|qoe|browser-errors)(?:[/._-]|$)/i;
/** Players tell how they fare each 8 to 12 s; ms. */
const BEACONS_APART = 5_000;
const LENGTH = 10_000;

/** Runs in the page before all else: nothing can be kept. */
function keepNothing() {
  const refuse = () => {
    throw new DOMException("refused", "SecurityError");
  };
  for (const name of ["localStorage", "sessionStorage", "indexedDB"])
    Object.defineProperty(window, name, { get: refuse });
  Object.defineProperty(Document.prototype, "cookie", { get: refuse, set: refuse });
  if (navigator.locks) navigator.locks.request = async () => refuse();
}

/** Runs in the page before all else: whatever the server says, names, titles, categories and tags are this one. */
function rename(long) {
  const names = new Set(["display_name", "title", "category"]);
  const renamed = (value) => {
    if (!value || typeof value !== "object") return value;
    for (const [key, inner] of Object.entries(value)) {
      if (key === "tags" && Array.isArray(inner)) value.tags = [long, `${long}2`];
      else if (names.has(key) || (key === "name" && "slug" in value)) value[key] = long;
      else renamed(inner);
    }
    return value;
  };
  const { parse } = JSON;
  JSON.parse = (...args) => renamed(parse(...args));
  const { json } = Response.prototype;
  Response.prototype.json = async function () {
    return renamed(await json.call(this));
  };
}

describe("bad days", { skip }, () => {
  let [owner, fan] = [];
  const [name, fanName] = [freshName("bea"), freshName("fay")];
  const scene = stage(["--autoplay-policy=no-user-gesture-required"], async ({ browser }) => {
    [owner, fan] = [await person(browser), await person(browser)];
    await registerPerson(owner, name);
    await registerPerson(fan, fanName);
    scene.publisher = publish(await createKey(owner), SMALL);
    await untilState(owner, "dashboard-state", "live", 30_000);
    await owner.at("category-input").fill("Chess");
    await owner.page.keyboard.press("Escape");
    await owner.at("tag-input").fill("slow,");
    await owner.at("title-save").click();
    await until("it is saved", async () => (await owner.at("broadcast-saved").innerText()) === "Saved");
  });
  /** Somebody none of whose requests a service worker makes. */
  const bare = () => person(scene.browser, { locale: "en-US", serviceWorkers: "block" });
  const alerts = async ({ page }) =>
    (await page.getByRole("alert").allInnerTexts()).filter((text) => text.trim() !== "");

  it("where cookies and storage are refused one watches, and is told at sign-in what that means", async () => {
    const who = await bare();
    const { context, page, at } = who;
    await context.addInitScript(keepNothing);
    // The answers without their cookies, and a token that has to be renewed at once.
    await page.route("**/api/auth/**", async (route) => {
      const asked = route.request();
      const { authorization, "content-type": type = "application/json" } = asked.headers();
      const answer = await fetch(asked.url(), {
        method: asked.method(),
        headers: { "content-type": type, ...(authorization ? { authorization } : {}) },
        ...(asked.postData() ? { body: asked.postData() } : {}),
      });
      const body = (await answer.text()).replace(/"expires_in":\s*\d+/, '"expires_in":1');
      const contentType = answer.headers.get("content-type") ?? "text/plain";
      await route.fulfill({ status: answer.status, contentType, body });
    });
    await page.goto(`${BASE}/${name}`);
    await untilState(who, "player-state", "live");
    await assertMoves(who, 2);
    await page.goto(`${BASE}/login`);
    assert.match(await at("cookies-refused").innerText(), /keeps no cookies.*Allow cookies for this site/s);
    await at("login-name").fill(fanName);
    await at("login-password").fill(`correct horse ${fanName}`);
    await at("login-submit").click();
    await page.waitForURL(`${BASE}/`);
    // The renewal, a few seconds later, finds no session: that is said as well.
    await at("account-over").waitFor();
    assert.match(await at("account-over").innerText(), /cookies allowed for this site/);
    await page.reload();
    await at("sign-in").waitFor();
    assert.deepEqual(who.failures, []);
    await context.close();
    const ordinary = await bare();
    await ordinary.page.goto(`${BASE}/login`);
    await ordinary.at("login-submit").waitFor();
    assert.equal(await ordinary.at("cookies-refused").count(), 0);
    await ordinary.context.close();
  });

  it("with an ad-blocker pages are whole, nothing is said to be wrong, and nothing is asked for over and over", async () => {
    const who = await bare();
    const { context, page, at } = who;
    const blocked = [];
    const of = (end) => blocked.filter(({ path }) => path.endsWith(end));
    await page.route(
      (url) => LISTED.test(url.pathname),
      (route) => {
        blocked.push({ path: new URL(route.request().url()).pathname, at: Date.now() });
        return route.abort("blockedbyclient");
      },
    );
    for (const [path, id] of [
      ["/", "home-list"],
      ["/browse", "category-list"],
      [`/${name}`, "stream-title"],
    ]) {
      await page.goto(`${BASE}${path}`);
      await at(id).waitFor();
    }
    await untilState(who, "player-state", "live");
    await page.evaluate(() => void setTimeout(() => Promise.reject(new Error("thrown on purpose"))));
    await until("the error was told in vain", () => of("/browser-errors").length > 0);
    await until("two beacons were sent in vain", () => of("/beacon").length >= 2, 30_000);
    const times = of("/beacon").map(({ at }) => at);
    for (const [n, time] of times.slice(1).entries())
      assert.ok(time - times[n] >= BEACONS_APART, `beacons ${time - times[n]} ms apart`);
    assert.equal(of("/browser-errors").length, 1);
    await assertMoves(who, 2);
    assert.deepEqual(await alerts(who), []);
    assert.equal(await at("part-missing").count(), 0);
    assert.deepEqual(
      who.failures.filter((failure) => !failure.includes("thrown on purpose")),
      [],
    );
    await context.close();
  });

  it("names of ten thousand letters fit every page, and so do those from right to left", async () => {
    await enter(fan, `/${name}`);
    await say(fan, "who writes this");
    await assertSeen("who writes this", fan);
    for (const long of ["W".repeat(LENGTH), `\u202e\u200f${"اسم".repeat(LENGTH / 3)}`]) {
      const page = await owner.context.newPage();
      const broke = [];
      page.on("pageerror", (error) => broke.push(String(error.stack ?? error)));
      await page.addInitScript(rename, long);
      const who = { page, at: (id) => page.getByTestId(id) };
      for (const width of [390, 1440]) {
        await page.setViewportSize({ width, height: 844 });
        for (const [path, shown, used] of [
          ["/", `card-${name}`, [`card-${name}`, "go-live"]],
          ["/browse", "category-list", [`card-${name}`, "browse-search"]],
          [`/${name}`, "chat-message", ["share", "edit-own-channel", "chat-input", "stream-category"]],
          ["/dashboard", "tag", ["title-input", "category-input", "tag-remove", "title-save", "my-channel"]],
        ]) {
          const what = `${path} at ${width}, ${long.slice(0, 5)}…`;
          await page.goto(`${BASE}${path}`);
          await who.at(shown).first().waitFor();
          const title = await page.title();
          assert.ok(path !== `/${name}` || title.length > 200, "the names are long");
          await assertFits(who, what);
          for (const id of used) await assertReachable(who, id, what);
        }
        await who.at("user-menu").click();
        await assertReachable(who, "sign-out", `the menu at ${width}`);
        await assertFits(who, `the menu at ${width}`);
      }
      assert.deepEqual(broke, []);
      await page.close();
    }
  });

  it("who signs out in one tab reads it in the other, without a reload", async () => {
    const page = await fan.context.newPage();
    const other = { page, at: (id) => page.getByTestId(id) };
    await page.goto(`${BASE}/browse`);
    await other.at("user-menu").waitFor();
    await page.evaluate(() => {
      window.sameDocument = true;
    });
    await fan.at("user-menu").click();
    await fan.at("sign-out").click();
    await fan.at("sign-in").waitFor();
    await other.at("account-tab").waitFor();
    assert.match(await other.at("account-tab").innerText(), /signed out in another tab/);
    await other.at("sign-in").waitFor();
    assert.equal(await page.evaluate(() => window.sameDocument), true);
    assert.equal(await fan.at("account-tab").count(), 0, "not where it was done");
    assert.deepEqual([...owner.failures, ...fan.failures], []);
  });
});
