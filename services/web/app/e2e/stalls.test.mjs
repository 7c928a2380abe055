/**
 * A picture that stands, because one rung's media, parts, or nothing at all comes through: a lower rung, plain HLS, at last a button, and by itself all
 * the same (ADR 0048). What is held back is asked for and never answered, which is worse than an error.
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
import { focused } from "./room.mjs";

/** From the last picture to the button: two openings in vain, behind everything that is tried before them. */
const BUTTON_MS = 60_000;
/** From the first held request to plain HLS, or a lower rung. */
const REMEDY_MS = 40_000;
/** From there to what was before: half a minute of smooth play, and what the estimate of the link takes. */
const RETURN_MS = 90_000;

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
  /** Nothing of it is a reload of the page. */
  const fresh = async () => {
    await release();
    lists.length = 0;
    await viewer.page.reload();
    await assertMoves(viewer);
  };

  it("goes on with a lower rung where the upper one does not come, says so in the menu, and goes up again", async () => {
    await untilPlays("source", RETURN_MS);
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
    const { searchParams } = await until("a list", async () =>
      lists.find((url) => url.searchParams.has("sid")),
    );
    const sid = searchParams.get("sid");
    hold(isLowLatency);
    const plain = () => lists.filter((url) => url.searchParams.get("ll") === "0");
    await until(
      "a plain media playlist",
      async () => plain().some((url) => url.pathname.startsWith("/live/b/")),
      REMEDY_MS,
    );
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
    const protocol = () => viewer.at("stat-protocol").innerText();
    await until("the stats say so", async () => /^Plain HLS for now/.test(await protocol()));
    assert.equal(await attribute(viewer, "player-live", "data-behind"), "0", "that is live");
    await fresh();
    await viewer.page.keyboard.press("s");
    await until("parts again", async () => /^Low-Latency HLS/.test(await protocol()));
    await viewer.page.keyboard.press("s");
    assert.deepEqual(plain(), []);
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
