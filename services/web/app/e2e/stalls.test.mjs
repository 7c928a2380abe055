/**
 * A picture that stands, because one rung's media, parts, or nothing at all comes through: a lower rung, plain HLS for two minutes, at last a button,
 * and by itself all the same (ADR 0048). What is held back is asked for and never answered, which is worse than an error.
 */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { assertClean } from "./axe.mjs";
import {
  assertMoves,
  attribute,
  BASE,
  createKey,
  freshName,
  fromBar,
  person,
  publish,
  registerPerson,
  skip,
  stage,
  until,
  untilState,
} from "./harness.mjs";
import { assertHardlyStood, watchMotion } from "./motion.mjs";
import { focused } from "./room.mjs";

/** From the last picture to the button: two openings in vain, behind everything that is tried before them. */
const BUTTON_MS = 60_000;
/** From the first held request to plain HLS, or a lower rung. */
const REMEDY_MS = 40_000;
/** From there to what was before: half a minute of smooth play, and what the estimate of the link takes. */
const RETURN_MS = 90_000;
/** Plain HLS is left after two minutes of smooth play (`PLAIN.first` of `src/player/remedies.ts`), and no sooner, but for what a look takes. */
const PLAIN_MS = { least: 115_000, most: 150_000 };
/** Leaving it opens anew: for so long a picture may stand. */
const LEAVING_MS = 4_000;
/** Who stands within ten seconds of leaving it is back in plain HLS. */
const RELAPSE_S = 12;

const isMedia = ({ pathname }) => pathname.endsWith(".m4s");
const isOfSource = (url) => isMedia(url) && url.pathname.includes("/source/");
/** `1-106.2.m4s` is a part of `1-106.m4s`; only a list in parts is asked for ahead of its time. */
const isLowLatency = ({ pathname, searchParams }) =>
  /\d+-\d+\.\d+\.m4s$/.test(pathname) || searchParams.has("_HLS_msn");

describe("a picture that stands", { skip }, () => {
  const name = freshName("stan");
  let [owner, viewer] = [];
  /** Which addresses are held back now. */
  let isHeld = () => false;
  const waiting = [];
  /** Playlists that were asked for. */
  const lists = [];
  const scene = stage(["--autoplay-policy=no-user-gesture-required"], async ({ browser }) => {
    owner = await person(browser);
    // What a service worker fetches no test can hold back.
    viewer = await person(browser, { locale: "en-US", serviceWorkers: "block" });
    await registerPerson(owner, name);
    scene.publisher = publish(await createKey(owner));
    await untilState(owner, "dashboard-state", "live", 30_000);
    // Alone with the viewer: its preview would only take the machine's time.
    await owner.page.goto("about:blank");
    viewer.page.on("request", (request) => {
      const url = new URL(request.url());
      if (url.pathname.startsWith("/live/") && url.pathname.endsWith("/index.m3u8")) lists.push(url);
    });
    await viewer.page.route(
      (url) => url.pathname.startsWith("/live/"),
      (route) => {
        if (isHeld(new URL(route.request().url()))) waiting.push(route);
        // A page that goes takes its requests with it.
        else return route.continue().catch(() => {});
      },
    );
    await viewer.page.goto(`${BASE}/${name}`);
    await assertMoves(viewer);
  });

  const hold = (which) => {
    isHeld = which;
  };
  const release = async () => {
    hold(() => false);
    await Promise.all(waiting.splice(0).map((route) => route.continue().catch(() => {})));
  };
  const playing = async () => await attribute(viewer, "quality-menu", "data-playing");
  const untilPlays = (rung, ms) => until(`${rung} plays`, async () => (await playing()) === rung, ms);
  const said = () => viewer.at("player-state").innerText();
  const isOffered = async () => (await viewer.at("player-again").count()) > 0;
  const isLive = ({ pathname }) => pathname.startsWith("/live/");
  const plain = () => lists.filter((url) => url.searchParams.get("ll") === "0");
  const protocol = () => viewer.at("stat-protocol").innerText();
  const session = async () => {
    const list = await until("a list", async () => lists.find((url) => url.searchParams.has("sid")));
    return list.searchParams.get("sid");
  };
  /** Parts do not come, until plain HLS is what is loaded. */
  const becomePlain = async () => {
    hold(isLowLatency);
    await until(
      "a plain media playlist",
      async () => plain().some((url) => url.pathname.startsWith("/live/b/")),
      REMEDY_MS,
    );
  };
  /** Nothing of it is a reload of the page. */
  const fresh = async () => {
    await release();
    // What the page that goes away asks for last does not count.
    viewer.page.once("framenavigated", () => {
      lists.length = 0;
    });
    await viewer.page.reload();
    await assertMoves(viewer);
  };

  it("goes on with a lower rung where the upper one does not come, says so in the menu, and goes up again", async () => {
    await untilPlays("source", RETURN_MS);
    await fromBar(viewer, "quality-menu");
    assert.equal(await attribute(viewer, "quality-auto", "aria-checked"), "true");
    const auto = () => viewer.at("quality-auto").innerText();
    await until("Auto says which it chose", async () => /^Auto\s*Source \(480p\)$/.test(await auto()));
    await viewer.page.keyboard.press("Escape");
    hold(isOfSource);
    await untilPlays("360p", REMEDY_MS);
    await assertMoves(viewer);
    assert.ok(waiting.length > 0, "something was held back");
    await fromBar(viewer, "quality-menu");
    assert.equal(await attribute(viewer, "quality-auto", "aria-checked"), "true");
    assert.match(await viewer.at("quality-auto").innerText(), /at most 360p for now/);
    await viewer.page.keyboard.press("Escape");
    await release();
    await untilPlays("source", RETURN_MS);
  });

  it("so it does where the viewer chose that rung: it is told, remembered, and comes back", async () => {
    await fromBar(viewer, "quality-menu");
    await viewer.at("quality-source").click();
    hold(isOfSource);
    await until(
      "it is told",
      async () => /^Source \(480p\) does not arrive/.test(await viewer.at("player-notice").innerText()),
      REMEDY_MS,
    );
    await untilPlays("360p");
    await assertMoves(viewer);
    await fromBar(viewer, "quality-menu");
    assert.equal(await attribute(viewer, "quality-source", "aria-checked"), "true");
    assert.match(await viewer.at("quality-source").innerText(), /at most 360p for now/);
    await assertClean(viewer.page, "the settings while a rung is kept from");
    await viewer.page.keyboard.press("Escape");
    await release();
    await untilPlays("source", RETURN_MS);
    await fromBar(viewer, "quality-menu");
    assert.doesNotMatch(await viewer.at("quality-source").innerText(), /for now/);
    await viewer.at("quality-auto").click();
  });

  it("is plain HLS where parts do not come, for the viewer that it was, and low latency after a reload", async () => {
    await fresh();
    const sid = await session();
    await becomePlain();
    await assertMoves(viewer, 5);
    const asked = plain();
    assert.ok(
      asked.some((url) => url.pathname === `/live/${name}/index.m3u8`),
      "the multivariant playlist, too",
    );
    assert.deepEqual([...new Set(asked.map((url) => url.searchParams.get("sid")))], [sid]);
    assert.ok(
      asked.every((url) => !url.searchParams.has("_HLS_msn")),
      "nothing is asked for ahead of its time",
    );
    assert.equal(await isOffered(), false);
    await viewer.page.keyboard.press("s");
    await until("the stats say so", async () => /^Plain HLS for now/.test(await protocol()));
    assert.equal(await attribute(viewer, "player-live", "data-behind"), "0", "that is live");
    await fresh();
    await viewer.page.keyboard.press("s");
    await until("parts again", async () => /^Low-Latency HLS/.test(await protocol()));
    await viewer.page.keyboard.press("s");
    assert.deepEqual(plain(), []);
  });

  it("is low latency again by itself after two minutes of smooth play, for the viewer that it was, and stays so", async () => {
    const { page } = viewer;
    await fresh();
    const sid = await session();
    await becomePlain();
    const since = Date.now();
    await release();
    await assertMoves(viewer, 5);
    await watchMotion(viewer);
    await page.keyboard.press("s");
    await until("the stats say that it is plain", async () => /^Plain HLS for now/.test(await protocol()));
    lists.length = 0;
    const isInParts = (url) => url.searchParams.has("_HLS_msn");
    const first = await until("a list in parts", async () => lists.find(isInParts), PLAIN_MS.most);
    const took = Date.now() - since;
    console.log(`low latency again after ${took} ms`);
    assert.ok(took >= PLAIN_MS.least, `it was plain for ${took} ms only`);
    assert.equal(first.searchParams.get("sid"), sid);
    await until("the stats say so", async () => /^Low-Latency HLS/.test(await protocol()));
    lists.length = 0;
    await assertMoves(viewer, RELAPSE_S);
    assert.ok(lists.some(isInParts), "in parts still");
    assert.deepEqual(plain(), []);
    assert.equal(await attribute(viewer, "player-live", "data-behind"), "0");
    assert.equal(await isOffered(), false);
    await assertHardlyStood(viewer, LEAVING_MS, "plain HLS, and the way back");
    await page.keyboard.press("s");
  });

  it("says that the server cannot be reached, with a button that the keyboard reaches and that starts over at once", async () => {
    const { page } = viewer;
    hold(isLive);
    await until("the button", isOffered, BUTTON_MS);
    assert.match(await said(), /The server cannot be reached/);
    assert.match(await said(), /keeps trying/);
    await assertClean(page, "a picture that does not come");
    await page.evaluate(() => document.activeElement?.blur());
    const tab = async (id) => {
      await page.keyboard.press("Tab");
      return (await focused(viewer)) === id;
    };
    await until("Tab comes to it", () => tab("player-again"));
    assert.equal(await tab("player-again"), false, "and goes on");
    await page.keyboard.press("Shift+Tab");
    assert.equal(await focused(viewer), "player-again");
    lists.length = 0;
    await page.keyboard.press("Enter");
    // Nothing comes through yet: by itself the button would stay.
    await until("the button is gone", async () => !(await isOffered()), 5_000);
    assert.match(await focused(viewer), /^player(-play)?$/, "the focus is still with the player");
    await until("it is opened anew", async () =>
      lists.some((url) => url.pathname === `/live/${name}/index.m3u8`),
    );
    await release();
    await assertMoves(viewer);
    assert.equal(await isOffered(), false);
  });

  it("says that no picture arrives where lists do, and heals by itself", async () => {
    await fresh();
    hold(isMedia);
    await until("the button", isOffered, BUTTON_MS);
    assert.match(await said(), /The picture does not arrive/);
    await release();
    await until("the button is gone by itself", async () => !(await isOffered()), REMEDY_MS);
    await assertMoves(viewer);
    assert.deepEqual([...owner.failures, ...viewer.failures], []);
  });
});
