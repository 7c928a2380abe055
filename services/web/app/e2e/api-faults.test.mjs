/**
 * An API that answers 500 to everything while somebody watches: the picture comes another way and goes on, so does the chat; the page says that
 * it hears nothing, and heals by itself when the API does. A session whose renewal falls into that time is the same afterwards.
 */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { call } from "./api.mjs";
import {
  assertMoves,
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
import { assertHardlyStood, motionOf, watchMotion } from "./motion.mjs";
import { assertSeen, enter, say } from "./room.mjs";

/** How long the picture is watched without an API, seconds. */
const WATCHED_S = 10;
/** Of the publisher's 15 pictures a second as many are decoded on a slow machine, too. */
const FPS_LEAST = 8;
/** Less than what the first remedy waits for, ms. */
const STAND_MS = 2_000;
/** A session of so many seconds is renewed 5 s after it was given. */
const SHORT_S = 60;
/** From the last fault to the next try of what pushes and of the session, ms: their longest pauses. */
const HEAL_MS = 45_000;
const TITLE = "Said while nobody heard it";
const FAULT = {
  status: 500,
  contentType: "application/problem+json",
  body: JSON.stringify({ type: "about:blank#internal", status: 500, code: "internal", title: "Broken." }),
};

/** Runs in the page before all else: `window.cutPushes()` ends the connection that pushes come by, as a service does that goes. */
function letCutPushes() {
  const { fetch } = window;
  window.fetch = (url, init) => {
    if (!String(url).startsWith("/api/events")) return fetch(url, init);
    const cut = new AbortController();
    window.cutPushes = () => cut.abort();
    return fetch(url, { ...init, signal: AbortSignal.any([init.signal, cut.signal]) });
  };
}

describe("an API that answers 500 while one watches", { skip }, () => {
  const name = freshName("faul");
  let [owner, viewer] = [];
  let isFaulty = false;
  /** What was answered 500, as "GET /api/events"; and how many renewals were answered well. */
  const refused = [];
  let renewed = 0;
  const scene = stage(["--autoplay-policy=no-user-gesture-required"], async ({ browser }) => {
    owner = await person(browser, { locale: "en-US" });
    // What a service worker asks for no test can answer.
    viewer = await person(browser, { locale: "en-US", serviceWorkers: "block" });
    await registerPerson(owner, name);
    scene.publisher = publish(await createKey(owner), SMALL);
    await untilState(owner, "dashboard-state", "live", 30_000);
    // Without a picture, which would only take the machine's time.
    await enter(owner, `/popout/${name}/chat`);
    await registerPerson(viewer, freshName("fan"));
    await viewer.page.addInitScript(letCutPushes);
    await viewer.page.route((url) => url.pathname.startsWith("/api/"), answer);
    await enter(viewer, `/${name}`);
    await assertMoves(viewer);
    await watchMotion(viewer);
  });

  async function answer(route) {
    const asked = route.request();
    const { pathname } = new URL(asked.url());
    try {
      if (isFaulty) {
        refused.push(`${asked.method()} ${pathname}`);
        return await route.fulfill(FAULT);
      }
      if (pathname !== "/api/auth/refresh") return await route.continue();
      const given = await route.fetch();
      await route.fulfill({ response: given, json: { ...(await given.json()), expires_in: SHORT_S } });
      if (given.ok()) renewed++;
    } catch {
      // A page that goes takes its requests with it.
    }
  }

  const follows = () => viewer.at("follow").getAttribute("aria-pressed");

  it("leaves the picture moving; the page says that it hears nothing, and that is all", async () => {
    const { page, at } = viewer;
    isFaulty = true;
    await page.evaluate(() => window.cutPushes());
    await at("push-lost").waitFor();
    assert.match(await at("push-lost").innerText(), /Connection to the server lost/);
    for (const deed of ["GET /api/events", "POST /api/auth/refresh"])
      await until(`${deed} was refused`, () => refused.includes(deed), 30_000);
    const before = await motionOf(viewer);
    await assertMoves(viewer, WATCHED_S);
    const decoded = (await motionOf(viewer)).pictures - before.pictures;
    assert.ok(decoded >= WATCHED_S * FPS_LEAST, `${decoded} pictures in ${WATCHED_S} s`);
    await assertHardlyStood(viewer, STAND_MS, "without an API");
    assert.equal(await at("player-state").getAttribute("data-state"), "live");
    assert.equal(await at("player-again").count(), 0, "nothing is wrong with the picture");
    assert.equal(await at("user-menu").count(), 1, "a renewal in vain ends no session");
  });

  it("leaves the chat as it was, and what needs the API is not done and can be pressed again", async () => {
    await say(viewer, "said without an API");
    await assertSeen("said without an API", owner, viewer);
    await say(owner, "answered without one");
    await assertSeen("answered without one", owner, viewer);
    await viewer.at("follow").click();
    await until("it was refused", () => refused.includes(`PUT /api/streams/${name}/follow`));
    await until("it can be pressed", async () => !(await viewer.at("follow").getAttribute("aria-disabled")));
    assert.equal(await follows(), "false");
  });

  it("heals without a reload: what was missed is shown, and what was pressed in vain is done when it is pressed", async () => {
    const { at } = viewer;
    // The owner changes the title elsewhere, where the API works.
    await call(name, "PATCH", "/api/streams/me", { title: TITLE });
    assert.doesNotMatch(await at("stream-title").innerText(), new RegExp(TITLE));
    const before = renewed;
    isFaulty = false;
    await until("it hears again", async () => (await at("push-lost").count()) === 0, HEAL_MS);
    await until("the title is there", async () => (await at("stream-title").innerText()).includes(TITLE));
    await until("the session was renewed", () => renewed > before, HEAL_MS);
    await at("follow").click();
    await until("the channel is followed", async () => (await follows()) === "true");
    await say(viewer, "said with an API again");
    await assertSeen("said with an API again", owner, viewer);
    await assertMoves(viewer);
    await assertHardlyStood(viewer, STAND_MS, "over all of it");
    assert.deepEqual([...owner.failures, ...viewer.failures], []);
  });
});
