/**
 * Publishers of newer codecs, from recordings: HEVC, which Chromium without a decoder of the machine's does not play, so the page plays
 * the H.264 rungs; AV1 with Opus, which it plays as it comes, and whose rungs it plays too.
 */
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { after, describe, it } from "node:test";
import { call } from "./api.mjs";
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

const root = resolve(import.meta.dirname, "../../../..");
/** The publisher of recordings: ffmpeg learnt Enhanced RTMP later than Debian's. Built by `cargo build --workspace`. */
const publisher = resolve(root, process.env.CARGO_TARGET_DIR ?? "target", "debug/streamly-bench");
const unbuilt = existsSync(publisher) ? false : `${publisher} is not built`;

describe("newer codecs in the browser", { skip: skip || unbuilt }, () => {
  let owner;
  let viewer;
  let folder;
  let place;
  const name = freshName("codecs");
  const scene = stage(["--autoplay-policy=no-user-gesture-required"], async ({ browser }) => {
    [owner, viewer] = [await person(browser), await person(browser)];
    folder = await mkdtemp(join(tmpdir(), "streamly-codecs-"));
    await registerPerson(owner, name);
    place = await createKey(owner);
    // The recordings have 360 lines, and rungs are always smaller than the source.
    await call(name, "PATCH", "/api/streams/me", { ladder: ["160p"] });
    await writeFile(join(folder, "keys"), `${place.key}\n`);
  });
  after(() => rm(folder, { recursive: true, force: true }));

  async function play(recording) {
    const { port } = new URL(place.server.replace(/^rtmp:/, "http:"));
    const file = join(root, "crates/testkit/fixtures", recording);
    const to = `127.0.0.1:${port || 1935}`;
    const command = `exec "${publisher}" publish --to ${to} --file "${file}" --keys "${join(folder, "keys")}"`;
    scene.publisher = publish(place, command);
    await viewer.page.goto(`${BASE}/${name}`);
    await untilState(viewer, "player-state", "live", 30_000);
    await assertMoves(viewer);
    return attribute(viewer, "quality-menu", "data-playing");
  }

  async function end() {
    await scene.publisher.stop();
    await viewer.page.goto("about:blank");
    await until("offline", async () => {
      const { state } = await (await fetch(`${BASE}/api/streams/${name}`)).json();
      if (state === "reconnecting") {
        await owner.at("end-broadcast").click();
        await owner.at("confirm-end").click();
      }
      return state === "offline";
    });
  }

  const mayPlay = (codecs) =>
    viewer.page.evaluate((codecs) => MediaSource.isTypeSupported(`video/mp4; codecs="${codecs}"`), codecs);

  it("HEVC: the page plays what the browser can, the H.264 rungs", async () => {
    const playing = await play("ffmpeg-hevc-aac.flv");
    const able = await mayPlay("hvc1.1.6.L63.90,mp4a.40.2");
    console.log(
      `HEVC: ${playing} plays, ${(await picture(viewer)).height} lines; the browser decodes HEVC: ${able}`,
    );
    if (!able) {
      assert.notEqual(playing, "source");
      await fromBar(viewer, "quality-menu");
      await viewer.at("quality-auto").waitFor();
      assert.equal(await viewer.at("quality-source").count(), 0, "what cannot be played is not offered");
      await viewer.page.keyboard.press("Escape");
    }
    await end();
  });

  it("AV1 and Opus: the page plays the source, and a rung when it is chosen", async () => {
    await play("ffmpeg-av1-opus.flv");
    assert.equal(await mayPlay("av01.0.01M.08,opus"), true);
    await fromBar(viewer, "quality-menu");
    await viewer.at("quality-source").click();
    await until(
      "the source plays",
      async () => (await attribute(viewer, "quality-menu", "data-playing")) === "source",
    );
    const source = await assertMoves(viewer);
    assert.equal(source.height, 360);
    const stream = await (await fetch(`${BASE}/api/streams/${name}`)).json();
    const rungs = stream.live.renditions.filter((rendition) => rendition.name !== "source");
    console.log(`AV1: ${JSON.stringify(stream.live.renditions.map(({ name, codecs }) => [name, codecs]))}`);
    assert.deepEqual(
      rungs.map((rung) => rung.name),
      ["160p"],
    );
    for (const rung of rungs) {
      await fromBar(viewer, "quality-menu");
      await viewer.at(`quality-${rung.name}`).click();
      await until(`${rung.name} plays`, async () => (await picture(viewer)).height === rung.height);
      await assertMoves(viewer);
    }
    await end();
  });

  it("no page broke", () => assert.deepEqual([...owner.failures, ...viewer.failures], []));
});
