/** Browsers that can decode none of what is on air: one that knows no codec at all, and one that lacks what the broadcast comes in. Both are told so. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { assertClean } from "./axe.mjs";
import {
  attribute,
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

/** Runs in the page before all else: the browser plays nothing whose type has that in it. */
function lackCodecs(pattern) {
  const lacks = new RegExp(pattern);
  for (const kind of ["MediaSource", "ManagedMediaSource", "WebKitMediaSource"]) {
    const Kind = window[kind];
    if (!Kind) continue;
    const before = Kind.isTypeSupported.bind(Kind);
    Kind.isTypeSupported = (type) => !lacks.test(type) && before(type);
  }
  const { canPlayType } = HTMLMediaElement.prototype;
  HTMLMediaElement.prototype.canPlayType = function (type) {
    return lacks.test(type) ? "" : canPlayType.call(this, type);
  };
}

describe("a browser that can decode nothing of it", { skip }, () => {
  const name = freshName("undine");
  let owner;
  const scene = stage(["--autoplay-policy=no-user-gesture-required"], async ({ browser }) => {
    owner = await person(browser);
    await registerPerson(owner, name);
    scene.publisher = publish(await createKey(owner), SMALL);
    await untilState(owner, "dashboard-state", "live", 30_000);
    await owner.page.goto("about:blank");
  });

  for (const [what, pattern] of [
    ["no codec at all", "."],
    ["no H.264", "avc[13]"],
  ])
    it(`is told so, and what to do about it: ${what}`, async () => {
      const viewer = await person(scene.browser, { locale: "en-US" });
      const { page, at } = viewer;
      await page.addInitScript(lackCodecs, pattern);
      await page.goto(`${BASE}/${name}`);
      await until(
        "it is unsupported",
        async () => (await attribute(viewer, "player", "data-phase")) === "unsupported",
      );
      const said = await at("player-state").innerText();
      assert.match(said, /This browser cannot play the stream/);
      assert.match(said, /Try a current Chrome, Edge, Firefox or Safari/);
      assert.equal(await attribute(viewer, "player-state", "data-state"), "live");
      assert.equal(await at("player-again").count(), 0, "another try would change nothing");
      await at("chat").waitFor();
      await assertClean(page, `a picture that cannot be played: ${what}`);
      assert.deepEqual(viewer.failures, []);
      await viewer.context.close();
    });

  it("is nothing that a browser with them is told", async () => {
    const viewer = await person(scene.browser, { locale: "en-US" });
    await viewer.page.goto(`${BASE}/${name}`);
    await until("it plays", async () => (await attribute(viewer, "player", "data-phase")) === "playing");
    assert.deepEqual([...owner.failures, ...viewer.failures], []);
    await viewer.context.close();
  });
});
