/** What a viewer does with the sound and the screen: volume and mute, which are remembered; full screen by button and by key; the small window. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  attribute,
  BASE,
  createKey,
  freshName,
  fromBar,
  onBar,
  person,
  picture,
  publish,
  registerPerson,
  SMALL,
  skip,
  stage,
  until,
  untilState,
} from "./harness.mjs";

/**
 * Runs in the page before all else: `window.pip` says what became of the wish for a small window. Where the browser has none (without a
 * screen it may refuse), what it would do is done here: the document tells of the video, until it is left.
 */
function notePip() {
  const real = HTMLVideoElement.prototype.requestPictureInPicture;
  const standIn = (video) => {
    Object.defineProperty(document, "pictureInPictureElement", { value: video, configurable: true });
    document.exitPictureInPicture = async () => {
      window.pip.left += 1;
      delete document.pictureInPictureElement;
    };
  };
  window.pip = { asked: [], left: 0, refused: null };
  Object.defineProperty(document, "pictureInPictureEnabled", { value: true });
  HTMLVideoElement.prototype.requestPictureInPicture = async function () {
    window.pip.asked.push(this.dataset.testid);
    try {
      return await real.call(this);
    } catch (error) {
      window.pip.refused = error.name;
      standIn(this);
    }
  };
}

describe("sound and screen", { skip }, () => {
  const name = freshName("sona");
  let [owner, viewer] = [];
  const scene = stage(["--autoplay-policy=no-user-gesture-required"], async ({ browser }) => {
    [owner, viewer] = await Promise.all([1, 2].map(() => person(browser, { locale: "en-US" })));
    await registerPerson(owner, name);
    scene.publisher = publish(await createKey(owner), SMALL);
    await untilState(owner, "dashboard-state", "live", 30_000);
    // Alone with the viewer: its preview would only take the machine's time.
    await owner.page.goto("about:blank");
    await viewer.page.addInitScript(notePip);
    await viewer.page.goto(`${BASE}/${name}`);
    await plays();
  });
  const plays = () => until("it plays", async () => (await picture(viewer)).time > 0);
  const again = async () => {
    await viewer.page.reload();
    await plays();
    await viewer.at("player-volume").waitFor();
  };
  const heard = () =>
    viewer.at("player-video").evaluate(({ volume, muted }) => `${Math.round(volume * 100)} % ${muted}`);
  const untilHeard = (percent, muted) =>
    until(`${percent} %, muted: ${muted}`, async () => (await heard()) === `${percent} % ${muted}`);
  const knob = () => viewer.at("player-volume").inputValue();
  const full = () => viewer.page.evaluate(() => document.fullscreenElement?.dataset.testid ?? null);
  const untilFull = (id) => until(`${id} has the screen`, async () => (await full()) === id);

  it("the volume is the same after a reload, and so is the mute, over which it is not forgotten", async () => {
    await untilHeard(100, false);
    await onBar(viewer, "player-volume");
    await viewer.at("player-volume").fill("0.4");
    await untilHeard(40, false);
    await again();
    await untilHeard(40, false);
    assert.equal(await knob(), "0.4");
    await fromBar(viewer, "player-mute");
    await untilHeard(40, true);
    await again();
    await untilHeard(40, true);
    assert.equal(await knob(), "0");
    assert.equal(await viewer.at("player-unmute").count(), 0, "who muted it knows where the button is");
    await fromBar(viewer, "player-mute");
    await untilHeard(40, false);
    assert.equal(await knob(), "0.4");
    await viewer.page.keyboard.press("ArrowDown");
    await untilHeard(35, false);
    await again();
    await untilHeard(35, false);
  });

  it("the button gives the player the screen and takes it back, and so does f", async () => {
    const { page } = viewer;
    const label = () => attribute(viewer, "player-fullscreen", "aria-label");
    assert.equal(await full(), null);
    assert.match(await label(), /^Full screen/);
    await fromBar(viewer, "player-fullscreen");
    await untilFull("player");
    await until("the button says so", async () => /^Leave full screen/.test(await label()));
    assert.equal(await viewer.at("player-theatre").count(), 0, "there is nothing beside the picture");
    // What opens has to be inside.
    await fromBar(viewer, "quality-menu");
    assert.ok(await viewer.at("quality-auto").evaluate((item) => document.fullscreenElement.contains(item)));
    await viewer.at("quality-auto").click();
    await fromBar(viewer, "player-fullscreen");
    await untilFull(null);
    await until("the button says so", async () => /^Full screen/.test(await label()));
    await page.keyboard.press("f");
    await untilFull("player");
    await page.keyboard.press("f");
    await untilFull(null);
    const { time } = await picture(viewer);
    await until("it has played on", async () => (await picture(viewer)).time > time);
  });

  it("the button gives the picture a small window, and takes it back", async () => {
    const small = () => viewer.page.evaluate(() => document.pictureInPictureElement?.dataset.testid ?? null);
    const pip = () => viewer.page.evaluate(() => window.pip);
    assert.equal(await small(), null);
    await fromBar(viewer, "player-pip");
    await until("it has one", async () => (await small()) === "player-video");
    assert.deepEqual((await pip()).asked, ["player-video"]);
    await fromBar(viewer, "player-pip");
    await until("it has none", async () => (await small()) === null);
    const { asked, left, refused } = await pip();
    console.log(`a small window: ${refused ?? "one of the browser's"}`);
    assert.deepEqual([asked.length, left], [1, refused ? 1 : 0]);
    assert.deepEqual([...owner.failures, ...viewer.failures], []);
  });
});
