/**
 * Media that comes and cannot be read: a part once, which costs a new media pipeline; again and again, which hls.js calls a fatal error and leaves to
 * the player; and for long, which is said. By itself the picture moves again each time (ADR 0048).
 */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { assertClean } from "./axe.mjs";
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
import { assertHardlyStood, motionOf, watchMotion } from "./motion.mjs";

/** From the first broken part to what is done about it. */
const REMEDY_MS = 40_000;
/** From the first broken part to the button: two openings in vain, and what is tried before. */
const BUTTON_MS = 60_000;
/** One part that is missing: the picture waits for what follows it, or is moved there by the first remedies. */
const STAND_MS = 8_000;

/** Every browser wants a movie fragment's head (`mfhd`), and refuses to go on without; hls.js does not look for it, and passes it on. */
function broken(body) {
  const at = body.indexOf("mfhd");
  assert.notEqual(at, -1, "a movie fragment");
  body.write("free", at, "latin1");
  return body;
}

describe("media that cannot be read", { skip }, () => {
  const name = freshName("brok");
  let [owner, viewer] = [];
  /** Whether what is answered next is broken, and how much was. */
  let breaks = () => false;
  let spoilt = 0;
  /** Fatal errors of the media pipeline that the player told the server of. */
  let faults = 0;
  /** Multivariant playlists that were asked for. */
  const opened = [];
  const scene = stage(["--autoplay-policy=no-user-gesture-required"], async ({ browser }) => {
    owner = await person(browser);
    // What a service worker fetches no test can change.
    viewer = await person(browser, { locale: "en-US", serviceWorkers: "block" });
    await registerPerson(owner, name);
    // One rung: where there is another hls.js would go there.
    scene.publisher = publish(await createKey(owner), SMALL);
    await untilState(owner, "dashboard-state", "live", 30_000);
    // Alone with the viewer: its preview would only take the machine's time.
    await owner.page.goto("about:blank");
    const { page } = viewer;
    page.on("request", (request) => {
      const { pathname } = new URL(request.url());
      if (pathname === `/live/${name}/index.m3u8`) opened.push(pathname);
      if (pathname.endsWith("/beacon")) faults += JSON.parse(request.postData() ?? "{}").errors?.media ?? 0;
    });
    await page.route((url) => url.pathname.startsWith("/live/") && url.pathname.endsWith(".m4s"), spoil);
    await page.goto(`${BASE}/${name}`);
    await assertMoves(viewer);
    await watchMotion(viewer);
    opened.length = 0;
  });

  async function spoil(route) {
    if (!breaks()) return route.continue().catch(() => {});
    try {
      const given = await route.fetch();
      const body = await given.body();
      if (given.ok()) spoilt++;
      await route.fulfill({ response: given, body: given.ok() ? broken(body) : body });
    } catch (error) {
      // A page that begins anew takes its requests with it.
      if (error instanceof assert.AssertionError) throw error;
    }
  }
  /** The media pipeline has an address of its own. */
  const pipeline = () => viewer.at("player-video").evaluate((video) => video.src);
  const untilAnother = (before) =>
    until(
      "another media pipeline",
      async () => {
        const now = await pipeline();
        return now.startsWith("blob:") && now !== before;
      },
      REMEDY_MS,
    );
  const isOffered = async () => (await viewer.at("player-again").count()) > 0;

  it("one part costs a new media pipeline, and the picture goes on by itself", async () => {
    const before = await pipeline();
    let left = 1;
    breaks = () => left-- > 0;
    await untilAnother(before);
    assert.equal(spoilt, 1);
    await assertMoves(viewer);
    await assertHardlyStood(viewer, STAND_MS, "one part that cannot be read");
    assert.deepEqual(opened, [], "nothing was opened anew");
    assert.equal(await isOffered(), false);
  });

  it("one after the other is a fatal error: it is told, and healed by a new media pipeline, at worst by one opening", async () => {
    const before = await pipeline();
    const told = faults;
    spoilt = 0;
    breaks = () => faults === told;
    await until("a fatal error is told", () => faults > told, REMEDY_MS);
    console.log(`fatal after ${spoilt} broken answers`);
    assert.ok(spoilt > 1, "hls.js heals the first by itself");
    await untilAnother(before);
    await assertMoves(viewer);
    // Where the parts came so slowly that the picture stood for five seconds before, a new media pipeline was tried already.
    assert.ok(opened.length <= 1, `opened anew ${opened.length} times`);
    assert.equal(await isOffered(), false);
  });

  it("for long it is said that the browser cannot show it, with a button, and heals by itself all the same", async () => {
    breaks = () => true;
    await until("the button", isOffered, BUTTON_MS);
    const said = await viewer.at("player-state").innerText();
    assert.match(said, /This browser cannot show the picture/);
    assert.match(said, /keeps trying/);
    await assertClean(viewer.page, "a picture that cannot be decoded");
    breaks = () => false;
    await until("the button is gone by itself", async () => !(await isOffered()), REMEDY_MS);
    await assertMoves(viewer);
    // Nothing of it was a reload of the page.
    await motionOf(viewer);
    assert.deepEqual([...owner.failures, ...viewer.failures], []);
  });
});
