/**
 * An encoder that begins its picture anew in another size, by the connection that it has: whoever watches goes on in the new size, on the page and in
 * the playback of before, and so does who watches a rung, which another encoder makes from then on.
 */
import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import {
  assertMoves,
  attribute,
  BASE,
  createKey,
  freshName,
  fromBar,
  person,
  picture,
  publish,
  registerPerson,
  skip,
  stage,
  until,
  untilState,
} from "./harness.mjs";
import { assertHardlyStood, motionOf, watchMotion } from "./motion.mjs";
import { publishing, recordSizes, unbuilt } from "./sized-picture.mjs";

/** The first has a rung below it, which is no smaller than the second. */
const SIZES = ["854x480", "640x360"];
const RUNG = "360p";
/** Of each size. */
const PHASE_S = 15;
/** Until a size is on screen that is sent every other time. */
const TURN_MS = 3 * PHASE_S * 1_000;
/** Longest that the source's picture may stand: no remedy is needed. */
const STAND_MS = 2_000;
/** The same of a rung, whose worker is started anew. */
const RUNG_STAND_MS = 6_000;

describe("a picture that changes its size within one publish", { skip: skip || unbuilt }, () => {
  const name = freshName("size");
  let [owner, viewer, folder, broadcast] = [];
  let hasEnded = false;
  const opened = [];
  const scene = stage(["--autoplay-policy=no-user-gesture-required"], async ({ browser }) => {
    folder = await mkdtemp(join(tmpdir(), "streamly-sizes-"));
    const [file, keys] = [join(folder, "sizes.flv"), join(folder, "keys")];
    await recordSizes(file, SIZES, PHASE_S);
    owner = await person(browser);
    // Of what a service worker asks for a page tells nothing.
    viewer = await person(browser, { locale: "en-US", serviceWorkers: "block" });
    await registerPerson(owner, name);
    const place = await createKey(owner);
    await writeFile(keys, `${place.key}\n`);
    scene.publisher = publish(place, publishing(file, keys, place.server));
    scene.publisher.gone.then(() => {
      hasEnded = true;
    });
    await untilState(owner, "dashboard-state", "live", 30_000);
    // Alone with the viewer: its preview would only take the machine's time.
    await owner.page.goto("about:blank");
    await viewer.page.goto(`${BASE}/${name}`);
    await assertMoves(viewer);
    broadcast = (await live()).broadcast_id;
    viewer.page.on("request", (request) => {
      const { pathname } = new URL(request.url());
      if (pathname === `/live/${name}/index.m3u8`) opened.push(pathname);
    });
  });
  after(() => rm(folder, { recursive: true, force: true }));

  const live = async () => (await (await fetch(`${BASE}/api/streams/${name}`)).json()).live;
  async function choose(rung) {
    await fromBar(viewer, "quality-menu");
    await viewer.at(`quality-${rung}`).click();
    await until(
      `${rung} plays`,
      async () => (await attribute(viewer, "quality-menu", "data-playing")) === rung,
    );
    await assertMoves(viewer);
    await watchMotion(viewer);
  }
  const shows = (size) =>
    until(
      `${size} is on screen`,
      async () => {
        const { width, height } = await picture(viewer);
        return `${width}x${height}` === size;
      },
      TURN_MS,
    );
  /** It is the same publish, the same page, and the same playback. */
  async function assertSame() {
    assert.equal(hasEnded, false, "the publisher goes on");
    const { broadcast_id } = await live();
    assert.equal(broadcast_id, broadcast);
    await motionOf(viewer);
    assert.deepEqual(opened, [], "nothing was opened anew");
    assert.equal(await viewer.at("player-again").count(), 0);
  }

  it("is shown in the new size, smaller and larger again, without a reload", async () => {
    await choose("source");
    const [large, small] = SIZES;
    for (const size of [large, small, large, small]) {
      await shows(size);
      await assertMoves(viewer);
    }
    await assertHardlyStood(viewer, STAND_MS, "the source in another size");
    assert.equal(await attribute(viewer, "quality-menu", "data-playing"), "source");
    await assertSame();
  });

  it("goes on for who watches a rung, and everybody is told the new size", async () => {
    await choose(RUNG);
    const told = async () => {
      const { renditions } = await live();
      return renditions.find((rendition) => rendition.name === "source").height;
    };
    for (const height of [480, 360, 480]) {
      await until(
        `the source is told to have ${height} lines`,
        async () => (await told()) === height,
        TURN_MS,
      );
      await assertMoves(viewer);
      assert.equal((await picture(viewer)).height, 360);
    }
    await assertHardlyStood(viewer, RUNG_STAND_MS, "a rung of a source in another size");
    assert.equal(await attribute(viewer, "quality-menu", "data-playing"), RUNG);
    await assertSame();
    assert.deepEqual([...owner.failures, ...viewer.failures], []);
  });
});
