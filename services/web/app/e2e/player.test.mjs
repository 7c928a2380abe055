/**
 * What a viewer can do with the player beside watching: captions, theatre, a choice of delay, stats; what the system is told; and that a page
 * that one comes back to goes on where it should. The broadcast has CEA-608 captions in its pictures.
 */
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { assertClean } from "./axe.mjs";
import { publishing, recordCaptioned } from "./captioned-picture.mjs";
import {
  assertMoves,
  attribute,
  BASE,
  createKey,
  freshName,
  fromBar,
  onBar,
  person,
  publish,
  registerPerson,
  skip,
  stage,
  until,
  untilState,
} from "./harness.mjs";
import { slowness } from "./machine.mjs";
import { assertSeen, enter, line, say, untilConnected } from "./room.mjs";

/** Longer than all of the tests. */
const RECORDED_S = 300;
/** What was in hand before is old by then. */
const AWAY_MS = 10_000;

/** Runs in the page before all else: `window.connections` are functions that say whether one is open. */
function noteConnections() {
  window.connections = [];
  const { WebSocket: Socket, fetch } = window;
  window.WebSocket = class extends Socket {
    constructor(...args) {
      super(...args);
      window.connections.push(() => this.readyState <= Socket.OPEN);
    }
  };
  window.fetch = (url, init) => {
    if (String(url).startsWith("/api/events")) window.connections.push(() => !init.signal.aborted);
    return fetch(url, init);
  };
}

describe("the player beside watching", { skip }, () => {
  const name = freshName("pia");
  let [owner, viewer] = [];
  let folder;
  const scene = stage(
    ["--autoplay-policy=no-user-gesture-required"],
    async ({ browser }) => {
      folder = await mkdtemp(join(tmpdir(), "captioned-"));
      const file = join(folder, "captioned.h264");
      await recordCaptioned(file, RECORDED_S);
      [owner, viewer] = [await person(browser), await person(browser)];
      await registerPerson(owner, name);
      const place = await createKey(owner);
      scene.publisher = publish(place, publishing(file));
      await untilState(owner, "dashboard-state", "live", 30_000);
      // Alone with the viewer: its preview would only take the machine's time.
      await owner.page.goto("about:blank");
      await viewer.page.goto(`${BASE}/${name}`);
      await until("it plays", async () => (await playhead()) > 5);
    },
    // Playwright's own browsers keep no page to come back to.
    ["--disable-back-forward-cache"],
  );
  after(() => rm(folder, { recursive: true, force: true }));

  const playhead = () => viewer.at("player-video").evaluate((video) => video.currentTime);
  /** The picture moves: the playhead has come on since it was looked at last. */
  const plays = () => {
    let last = Number.POSITIVE_INFINITY;
    return until("the picture moves", async () => {
      const [before, now] = [last, await playhead()];
      last = now;
      return now > before;
    });
  };
  const measures = () => viewer.at("player-video").evaluate((video) => video.measures());
  const wake = () => viewer.page.mouse.move(300 + Math.random() * 100, 300);
  /** The number of the last line of the captions. */
  const captionNumber = async () => {
    const shown = viewer.at("player-caption");
    const text = (await shown.count()) ? await shown.innerText() : "";
    return Number(/Line (\d+)\s*$/.exec(text)?.[1] ?? Number.NaN);
  };
  const picked = async (id) => {
    await fromBar(viewer, "quality-menu");
    await viewer.at(id).click();
  };

  it("captions are offered once there are some, shown when wanted, line by line as they are sent", async () => {
    await viewer.at("player-captions").waitFor();
    assert.equal(await attribute(viewer, "player-captions", "aria-pressed"), "false");
    assert.equal(await viewer.at("player-caption").count(), 0, "off at first");
    await viewer.page.keyboard.press("c");
    const first = await until("a line", captionNumber);
    const began = Date.now();
    await until("two lines later", async () => (await captionNumber()) >= first + 2, 10_000);
    const took = Date.now() - began;
    assert.ok(took > 1_500 && took < 7_000, `two lines of two seconds took ${took} ms`);
    await wake();
    await until("it is above the bar", async () => {
      await wake();
      const [caption, bar] = [
        await viewer.at("player-caption").boundingBox(),
        await viewer.at("player-play").boundingBox(),
      ];
      return caption && caption.y + caption.height <= bar.y;
    });
  });

  it("they are remembered, and come with a rung that is encoded here, too", async () => {
    await viewer.page.reload();
    await plays();
    await until("a line without asking", captionNumber);
    await picked("quality-360p");
    await until(
      "the rung plays",
      async () => (await attribute(viewer, "quality-menu", "data-playing")) === "360p",
    );
    const there = await until("a line", captionNumber);
    await until("the next one", async () => (await captionNumber()) > there + 1, 10_000);
    await picked("quality-auto");
    await viewer.page.keyboard.press("c");
    await until("none", async () => (await viewer.at("player-caption").count()) === 0);
  });

  it("the bar goes when the mouse rests on the picture, and stays while it rests on the bar", async () => {
    const { page, at } = viewer;
    const bar = () => at("player-play").evaluate((knob) => knob.checkVisibility({ opacityProperty: true }));
    await page.keyboard.press("Escape");
    await page.evaluate(() => document.activeElement?.blur());
    await wake();
    await until("it is there", bar);
    await until("it is gone", async () => !(await bar()));
    await wake();
    await until("it is back", bar);
    await onBar(viewer, "player-play");
    await assertMoves(viewer, 4);
    assert.ok(await bar());
    await wake();
    await until("it is gone again", async () => !(await bar()));
  });

  it("the theatre gives the picture the window but for the chat, by button and key, and is remembered", async () => {
    const { page, at } = viewer;
    const box = (id) => at(id).boundingBox();
    const before = await box("player");
    await fromBar(viewer, "player-theatre");
    await until("it fills the height", async () => (await box("player")).height === 900);
    const [picture, chat] = [await box("player"), await box("chat")];
    assert.ok(picture.x === 0 && picture.width > before.width, JSON.stringify([before, picture]));
    assert.ok(chat.y === 0 && chat.height === 900 && chat.x >= picture.width - 1, JSON.stringify(chat));
    assert.equal(await at("browse").isVisible(), false);
    await assertClean(page, "the theatre");
    await page.reload();
    await plays();
    assert.equal((await box("player")).height, 900);
    await page.setViewportSize({ width: 1000, height: 700 });
    await until("no room, no theatre", async () => (await at("player-theatre").count()) === 0);
    assert.ok(await at("browse").isVisible());
    await page.setViewportSize({ width: 1440, height: 900 });
    await until("it is back", async () => (await box("player")).height === 900);
    await page.keyboard.press("t");
    await until("as before", async () => (await box("player")).width === before.width);
    for (const path of [`/embed/${name}`, `/popout/${name}/player`]) {
      await page.goto(`${BASE}${path}`);
      await at("player-fullscreen").waitFor();
      assert.equal(await at("player-theatre").count(), 0, path);
    }
    await page.goto(`${BASE}/${name}`);
    await plays();
  });

  it("who wants it smooth has three seconds more in hand at once, and again the next time", async () => {
    await picked("latency-smooth");
    await until("three seconds more", async () => (await measures()).ahead > 3, 5_000);
    assert.equal((await measures()).target >= 3.4, true);
    await plays();
    assert.equal(await attribute(viewer, "player-live", "data-behind"), "0", "that is live");
    await viewer.page.reload();
    await plays();
    await until("from the start on", async () => (await measures()).ahead > 2.8);
    await fromBar(viewer, "quality-menu");
    assert.equal(await attribute(viewer, "latency-smooth", "aria-checked"), "true");
    await assertClean(viewer.page, "the settings");
    await viewer.at("latency-low").click();
    await until("close to live", async () => (await measures()).ahead < 1, 3_000);
    await plays();
  });

  it("stats say what plays, are true from second to second, and can be copied", async () => {
    const { page, at } = viewer;
    await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
    await page.keyboard.press("s");
    const stat = (id) => at(`stat-${id}`).innerText();
    await until("pictures are counted", async () => /^(2[5-9]|3[0-5]) fps/.test(await stat("frames")));
    assert.equal(await stat("picture"), "854 × 480");
    assert.equal(await stat("rendition"), "Source");
    assert.match(await stat("codecs"), /^H\.264 .*AAC/);
    assert.match(await stat("bandwidth"), /bit\/s$/);
    await until("what it takes is known", async () => /bit\/s, up to .*bit\/s$/.test(await stat("bitrate")));
    assert.match(await stat("protocol"), /^Low-Latency HLS, parts of 0\.\d+ s$/);
    assert.match(await stat("broadcast"), /^[0-9a-f-]{36}$/);
    const { ahead } = await measures();
    const told = Number.parseFloat(await stat("ahead"));
    assert.ok(Math.abs(told - ahead) < 1, `${told} s are told, ${ahead} s are in hand`);
    await assertClean(page, "the stats");
    await at("player-stats-copy").click();
    const copied = await page.evaluate(() => navigator.clipboard.readText());
    assert.match(copied, /^Picture: 854 × 480\nRendition: Source\nCodecs: H\.264/);
    await page.evaluate(() => {
      navigator.clipboard.writeText = () => Promise.reject(new Error("refused"));
      document.execCommand = () => false;
    });
    await at("player-stats-copy").click();
    await at("player-stats").getByText("Not copied").waitFor();
    await page.evaluate(() => {
      delete navigator.clipboard.writeText;
      delete document.execCommand;
    });
    await page.keyboard.press("s");
    await until("it is gone", async () => (await at("player-stats").count()) === 0);
  });

  it("the system is told what is on, and nothing any more on another page; no screen is offered that is none", async () => {
    const told = () =>
      viewer.page.evaluate(() => {
        const { metadata, playbackState } = navigator.mediaSession;
        return { artist: metadata?.artist ?? null, playbackState };
      });
    await until("it plays", async () => (await told()).playbackState === "playing");
    assert.equal((await told()).artist, name);
    assert.equal(await viewer.at("player-screen").count(), 0);
    await viewer.page.keyboard.press("k");
    await until("it is paused", async () => (await told()).playbackState === "paused");
    await viewer.page.keyboard.press("k");
    // By the mark: the page stays, only what it shows is another.
    await viewer.page.locator("header a").first().click();
    await viewer.page.waitForURL(`${BASE}/`);
    await until("nothing is told", async () => (await told()).playbackState === "none");
    assert.equal((await told()).artist, null);
  });

  it("a page that one comes back to was kept, is live at once, and its chat has every line once", async () => {
    const { page } = viewer;
    await enter(owner, `/${name}`);
    await page.addInitScript(noteConnections);
    await page.goto(`${BASE}/${name}`);
    await plays();
    await untilConnected(viewer);
    await say(owner, "before it left");
    await assertSeen("before it left", viewer);
    await page.evaluate(() => {
      const source = () => document.querySelector("[data-testid=player-video]").src;
      window.addEventListener("pagehide", () => {
        window.left = { open: window.connections.filter((isOpen) => isOpen()).length, source: source() };
      });
      window.addEventListener("pageshow", (event) => {
        window.kept = event.persisted;
      });
      window.before = { open: window.connections.filter((isOpen) => isOpen()).length, source: source() };
    });
    await page.goto(`${BASE}/robots.txt`);
    for (const text of ["said meanwhile", "and this"]) {
      await say(owner, text);
      await assertSeen(text, owner);
    }
    await sleep(AWAY_MS);
    await page.evaluate(() => history.back());
    await page.waitForURL(`${BASE}/${name}`, { waitUntil: "commit" });
    const { kept, before, left } = await page.evaluate(() => ({
      kept: window.kept,
      before: window.before,
      left: window.left,
    }));
    assert.equal(kept, true, "it was kept");
    assert.equal(before.open, 2, "pushes and chat");
    assert.match(before.source, /^blob:/);
    assert.deepEqual(left, { open: 0, source: "" }, "a page with open connections is kept by few browsers");
    const at = await viewer.at("player-video").evaluate(async (video) => {
      // The first picture that moves again.
      const from = video.currentTime;
      while (video.currentTime === from || video.paused || video.readyState < video.HAVE_FUTURE_DATA)
        await new Promise((resolve) => requestAnimationFrame(resolve));
      return video.measures();
    });
    const bound = at.behind < 3 ? 3 : Math.min(3 * (await slowness()), AWAY_MS / 1000);
    assert.ok(at.behind < bound, `the first picture is ${at.behind} s behind live`);
    await plays();
    await say(owner, "after it came back");
    for (const text of ["before it left", "said meanwhile", "and this", "after it came back"])
      await assertSeen(text, viewer);
    assert.ok(
      (await line(viewer, "said meanwhile").boundingBox()).y <
        (await line(viewer, "and this").boundingBox()).y,
    );
    assert.deepEqual(viewer.failures, []);
  });
});
