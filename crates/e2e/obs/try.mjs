/**
 * The real OBS against a running Streamly: live, stop, live again, a wrong key, the two ways in which the path breaks, and an ingest that
 * is replaced under it.
 * One line a check with its figure; the exit status is the number of checks that failed. `scripts/try-obs` starts it.
 *
 *   node try.mjs STREAMLY-BINARY [FOLDER]    FOLDER keeps screenshots, the logs of OBS and Streamly
 */
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Obs } from "./obs.mjs";
import { Platform } from "./platform.mjs";
import { pictures, REPLACEABLE, Replacement } from "./replacement.mjs";
import { Relay } from "./relay.mjs";
import { browser, Watcher } from "./watcher.mjs";

const [binary, folder] = process.argv.slice(2);
if (!binary) {
  console.error("usage: node try.mjs STREAMLY-BINARY [FOLDER]");
  process.exit(64);
}
if (folder) mkdirSync(folder, { recursive: true });

/** What a slow, shared machine may take, in ms; usual figures are a third. */
const MOST = { live: 6_000, picture: 8_000, ended: 3_000, cut: 12_000, killed: 15_000, moved: 20_000, still: 1_000, lost: 2 };

let failed = 0;
const seconds = (ms) => `${(ms / 1_000).toFixed(2)} s`;

async function check(name, doing) {
  try {
    console.log(`ok    ${name}: ${await doing()}`);
  } catch (error) {
    failed += 1;
    console.log(`FAIL  ${name}: ${error.message}`);
    await shot(`failed-${failed}`);
  }
}

function atMost(what, ms, most) {
  if (!(ms >= 0 && ms <= most)) throw new Error(`${what} after ${seconds(ms)}, more than ${seconds(most)}`);
  return `${what} after ${seconds(ms)}`;
}

async function until(what, ms, look) {
  for (const end = Date.now() + ms; ; await sleep(50)) {
    if (await look()) return Date.now();
    if (Date.now() > end) throw new Error(`not within ${seconds(ms)}: ${what}`);
  }
}

function freePort() {
  return new Promise((resolve) => {
    const server = createServer();
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

const home = mkdtempSync(path.join(tmpdir(), "obs-home-"));
const platform = new Platform(binary, REPLACEABLE);
const replacement = new Replacement(platform);
const obs = new Obs(home, { port: await freePort() });
let relay;
let chromium;
let viewer;
const shot = async (name) => {
  if (folder && viewer) await viewer.page.screenshot({ path: path.join(folder, `${name}.png`) }).catch(() => {});
};
const broadcast = async () => (await platform.channel()).live?.broadcast_id;

/** Starts in OBS and waits for the picture on the page that is open already. */
async function goLive() {
  const at = await obs.stream();
  const live = await until("the state is live", 30_000, async () => (await platform.channel()).state === "live");
  const picture = await viewer.moves(at, 60_000);
  return `${atMost("live", live - at, MOST.live)}, ${atMost("picture", picture - at, MOST.picture)}`;
}

async function stop() {
  const at = await obs.stop();
  const ended = await viewer.state("ended", at, 20_000);
  await until("OBS has stopped", 10_000, async () => !(await obs.status()).outputActive);
  return atMost("the page says ended", ended - at, MOST.ended);
}

/** What the dashboard is told is what OBS was set to. x264 puts a keyframe sooner only where the clip begins again. */
async function told(keyframes) {
  const { video } = obs;
  let health;
  const near = (ms) => ms <= keyframes + 40 && ms > Math.min(keyframes - 40, 3_900);
  await until("the keyframe interval", 40_000, async () => {
    health = (await platform.own()).health;
    return near(health?.health.keyframe_interval_ms);
  });
  const [{ width, height, codecs }] = health.renditions;
  const { fps, encoder, keyframe_interval_ms: interval, video_bitrate_bps: bps } = health.health;
  const wrong = [
    [width === video.width && height === video.height, `${width}x${height}`],
    [Math.abs(fps - video.fps) <= 1, `${fps} fps`],
    [near(interval), `a keyframe every ${interval} ms`],
    [Math.abs(bps / 1_000 - video.kbps) < video.kbps * 0.3, `${bps} bit/s`],
    [/^avc1\..*,mp4a\.40\.2$/.test(codecs), codecs],
    [/libobs/.test(encoder), encoder],
  ];
  const lies = wrong.filter(([right]) => !right).map(([, text]) => text);
  if (lies.length) throw new Error(`not what OBS sends: ${lies.join(", ")}`);
  return wrong.map(([, text]) => text).join(", ");
}

/** Breaks the path and waits for the same broadcast on the same page. */
async function comesBack(breaking, most) {
  const before = await broadcast();
  const document = (await viewer.diary()).born;
  const at = await breaking();
  const back = await until("OBS is back", 60_000, () => obs.states(at).some(({ state }) => state === "RECONNECTED"));
  const picture = await viewer.resumes(back, 60_000);
  if ((await broadcast()) !== before) throw new Error("another broadcast began");
  if ((await viewer.diary()).born !== document) throw new Error("the page was loaded anew");
  return `OBS back after ${seconds(back - at)}, ${atMost("the picture moves", picture - at, most)}`;
}

/** Ends the broadcast; how many of the pictures OBS says it sent are in the playlist. */
async function lostPictures() {
  const { playback_url: playback } = (await platform.channel()).live;
  const url = new URL(playback, platform.url).href;
  const list = await (await fetch(`${url}?ll=0`)).text();
  const source = list.split("\n").find((line) => line.includes("/source/") && !line.startsWith("#"));
  await stop();
  const { outputTotalFrames: sent } = await obs.status();
  await sleep(1_000);
  return { sent, listed: await pictures(new URL(source, url).href) };
}

/** A broadcast of half a minute without any fault: how many pictures OBS keeps to itself at the stop. */
async function undisturbed() {
  await goLive();
  await sleep(12_000);
  const { sent, listed } = await lostPictures();
  return { text: `${listed} of ${sent} pictures`, kept: sent - listed };
}

/** Replaces ingest under the running OBS. */
async function replaced() {
  const [before, { born }] = [await broadcast(), await viewer.diary()];
  await replacement.start();
  const [came, at] = [relay.came.length, replacement.drainFirst()];
  await until("OBS has connected again", MOST.moved, () => relay.came.length > came);
  const moved = relay.came.at(-1);
  await until("the old ingest has ended", 60_000, () => replacement.firstIsGone());
  const gone = Date.now();
  await sleep(3_000);
  const still = await viewer.longestStill(at);
  const { states, born: now } = await viewer.diary();
  if ((await broadcast()) !== before) throw new Error("another broadcast began");
  if (now !== born) throw new Error("the page was loaded anew");
  const seen = states.filter((state) => state.at >= at && state.state !== "live").map(({ state }) => state);
  if (seen.length) throw new Error(`the page showed ${seen.join(", ")}`);
  const said = obs.states(at).map(({ state }) => state);
  if (said.length) throw new Error(`OBS showed ${said.join(", ")}`);
  const { outputActive, outputReconnecting, outputSkippedFrames } = await obs.status();
  if (!outputActive || outputReconnecting) throw new Error("OBS does not stream");
  return [
    `OBS connected again after ${seconds(moved - at)}`,
    `the old one ended after ${seconds(gone - at)}`,
    atMost("longest stand-still", still, MOST.still).replace("after", "of"),
    `OBS skipped ${outputSkippedFrames}, showed nothing`,
  ].join(", ");
}

async function all() {
  await platform.start();
  await platform.register();
  const { key } = await platform.key();
  relay = new Relay(platform.rtmp);
  await relay.start();
  const server = `rtmp://127.0.0.1:${relay.port}/live`;
  obs.prepare();
  await obs.start();
  chromium = await browser();
  viewer = await Watcher.open(chromium, `${platform.url}/${platform.username}`);
  await until("the page is there", 20_000, async () => (await viewer.diary()).states.length > 0);
  await obs.service(server, key);

  await check("go live, keyframes every 250 frames", goLive);
  await check("what the dashboard is told", () => told((250 / obs.video.fps) * 1_000));
  await check("stop", stop);
  await obs.ask("SetCurrentProfile", { profileName: "Short" });
  await obs.service(server, "sk_not_a_key_of_this_site");
  await check("a wrong key", async () => {
    const [at, before] = [await obs.stream(), relay.came.length];
    const over = await until("OBS gives up", 10_000, () => obs.states(at).some(({ state }) => state === "STOPPED"));
    // Longer than the first pause of OBS between two attempts.
    await sleep(3_000);
    const said = obs.log().match(/NetStream\.Publish\.BadName \(.*\)/)?.[0];
    if (!said) throw new Error("the log of OBS does not say BadName");
    if (relay.came.length > before + 1) throw new Error("OBS tries again and again");
    return `OBS gives up after ${seconds(over - at)}, its log has ${said}`;
  });
  await obs.service(server, key);
  const first = new Set([await broadcast()]);
  await check("live again, keyframes every 2 s", goLive);
  await check("what the dashboard is told now", () => told(2_000));
  await check("a new broadcast", async () => {
    const id = await broadcast();
    if (!id || first.has(id)) throw new Error(`it is ${id}`);
    return id;
  });
  await shot("live");
  await check("the connection is reset", () => comesBack(() => relay.cut(), MOST.cut));
  await sleep(3_000);
  await check("ingest is killed", () =>
    comesBack(() => {
      process.kill(platform.pidOf("ingest"), "SIGKILL");
      return Date.now();
    }, MOST.killed),
  );
  await sleep(3_000);
  await check("smooth afterwards", async () => {
    await sleep(5_000);
    const still = await viewer.longestStill(Date.now() - 5_000);
    return atMost("the longest stand-still", still, 1_000).replace("after", "of");
  });
  await check("stop after all that", stop);
  let kept = 0;
  await check("pictures of an undisturbed broadcast", async () => {
    const { text, kept: own } = await undisturbed();
    kept = own;
    return text;
  });
  await check("live once more", goLive);
  await sleep(5_000);
  await check("ingest is replaced", replaced);
  await check("pictures lost by that", async () => {
    await sleep(4_000);
    const { sent, listed } = await lostPictures();
    const lost = sent - listed - kept;
    if (lost > MOST.lost) throw new Error(`${lost}: ${listed} of ${sent}, ${kept} are lost without it`);
    return `${lost}: ${listed} of ${sent}, ${kept} are lost without it`;
  });
  await check("the page had no fault", async () => {
    const { faults } = await viewer.diary();
    if (faults.length) throw new Error(faults.join("; "));
    return "none";
  });
}

let cleaning;
/** Ends what was started here; once, whoever asks. */
function cleanup() {
  cleaning ??= (async () => {
    await chromium?.close();
    await obs.close();
    await relay?.close();
    await replacement.close();
    if (folder && platform.data) {
      writeFileSync(path.join(folder, "obs.log"), obs.log());
      copyFileSync(path.join(platform.data, "streamly.log"), path.join(folder, "streamly.log"));
    }
    await platform.close();
    rmSync(home, { recursive: true, force: true });
  })();
  return cleaning;
}
for (const signal of ["SIGINT", "SIGTERM"]) {
  process.once(signal, () => cleanup().finally(() => process.exit(130)));
}

try {
  await all();
} catch (error) {
  failed += 1;
  console.log(`FAIL  ${error.stack}`);
}
await cleanup();
process.exit(failed);
