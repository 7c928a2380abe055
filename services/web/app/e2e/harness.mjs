/**
 * What the browser tests need: a Chromium, people with pages of their own, and a publisher.
 *
 * `STREAMLY_E2E_URL` names the running platform (tests are skipped without it); `STREAMLY_E2E_CHROMIUM` the browser;
 * `STREAMLY_E2E_PUBLISH` a shell command that publishes until SIGINT, with `{server}`, `{key}` and `{url}` filled in.
 */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { after, before } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { chromium } from "playwright-core";
import { slowness } from "./machine.mjs";

export const BASE = process.env.STREAMLY_E2E_URL?.replace(/\/$/, "");
export const skip = BASE ? false : "STREAMLY_E2E_URL is not set";

const PUBLISH =
  process.env.STREAMLY_E2E_PUBLISH ??
  "exec ffmpeg -hide_banner -loglevel error -re -f lavfi -i testsrc2=size=854x480:rate=15 " +
    "-f lavfi -i sine=frequency=440:sample_rate=48000 -c:v libx264 -preset ultrafast -tune zerolatency -g 15 -b:v 1500k " +
    "-pix_fmt yuv420p -c:a aac -ac 2 -b:a 128k -f flv {url}";

/** A picture small enough for no rung, where what is tried is something else. */
export const SMALL = PUBLISH.replace("854x480", "640x360").replace("1500k", "800k");

/** Bounds of waiting are what a usual machine may take, times this: encoder, platform and browsers share one that may be busy. */
const PATIENCE = 3;

/** `withoutDefaults`: of what Playwright gives a browser by itself. */
export function launch(args = [], withoutDefaults = []) {
  return chromium.launch({
    executablePath: process.env.STREAMLY_E2E_CHROMIUM ?? "/usr/bin/chromium",
    args: ["--no-sandbox", ...args],
    ignoreDefaultArgs: withoutDefaults,
  });
}

/**
 * The browser and the publisher of one `describe`, made before its tests and ended after them. `setUp` gets the stage and puts
 * people on it; a test that publishes leaves its publisher in `stage.publisher`.
 */
export function stage(args, setUp, withoutDefaults = []) {
  const stage = { browser: null, publisher: null };
  before(async () => {
    stage.browser = await launch(args, withoutDefaults);
    await setUp(stage);
  });
  after(async () => {
    await stage.publisher?.stop("SIGKILL");
    await stage.browser?.close();
  });
  return stage;
}

/** A person: a browser context of their own, one page, and everything that went wrong on it. */
export async function person(browser, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, ...options });
  context.setDefaultTimeout(30_000 * PATIENCE);
  const page = await context.newPage();
  const failures = [];
  page.on("pageerror", (error) => failures.push(String(error.stack ?? error)));
  page.on("console", (message) => {
    if (/Content.Security.Policy/i.test(message.text())) failures.push(message.text());
  });
  page.on("request", (request) => {
    // What the app itself caught.
    if (request.method() === "POST" && request.url().endsWith("/api/browser-errors"))
      failures.push(`told: ${request.postData()}`);
    const { origin, protocol } = new URL(request.url());
    if (protocol.startsWith("http") && origin !== new URL(BASE).origin)
      failures.push(`third party: ${request.url()}`);
  });
  return { context, page, failures, at: (id) => page.getByTestId(id) };
}

export const freshName = (start) => `${start}_${randomBytes(4).toString("hex")}`;

export async function registerPerson(who, name) {
  const { page, at } = who;
  await page.goto(`${BASE}/register`);
  await at("register-username").fill(name);
  await at("register-email").fill(`${name}@example.org`);
  await at("register-password").fill(`correct horse ${name}`);
  await at("register-submit").click();
  await page.waitForURL(`${BASE}/dashboard`);
}

/** Makes the first key of a person on the dashboard; gives what OBS is given. */
export async function createKey({ at }) {
  await at("create-key").click();
  return {
    server: await at("server-value").getAttribute("data-value"),
    key: await at("key-value").getAttribute("data-value"),
  };
}

/** Publishes a moving test picture, or what another command makes, until `stop`. */
export function publish({ server, key }, template = PUBLISH) {
  const url = `${server.replace(/\/$/, "")}/${key}`;
  const command = template.replaceAll("{server}", server).replaceAll("{key}", key).replaceAll("{url}", url);
  const child = spawn("sh", ["-c", command], { stdio: ["ignore", "inherit", "inherit"] });
  let stopping = false;
  const gone = new Promise((resolve) => child.once("exit", resolve));
  gone.then((code) => {
    if (!stopping && template === PUBLISH) console.error(`the publisher ended by itself, code ${code}`);
  });
  return {
    /** When it has ended by itself, as a refused one does. */
    gone,
    /** As "Stop Streaming" does; `SIGKILL` as a lost machine does. */
    async stop(signal = "SIGINT") {
      stopping = true;
      if (child.exitCode === null && child.signalCode === null) child.kill(signal);
      await gone;
    },
  };
}

/** Calls `check` until it gives something true; fails with `what` after `ms` times `PATIENCE`. How long it took, in ms, is not its business. */
export async function until(what, check, ms = 20_000) {
  const end = Date.now() + ms * PATIENCE;
  for (;;) {
    const value = await check();
    if (value) return value;
    if (Date.now() > end) assert.fail(`not within ${ms * PATIENCE} ms: ${what}`);
    await sleep(100);
  }
}

/** Puts the mouse on something of the player's bar: one that moves brings the bar, one that rests on it keeps it. */
export function onBar({ page, at }, id) {
  return until(`the mouse is on ${id}`, async () => {
    await page.mouse.move(400 + Math.random() * 40, 400);
    const box = await at(id)
      .boundingBox({ timeout: 1_000 })
      .catch(() => null);
    if (!box) return false;
    await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
    return at(id)
      .evaluate((button) => button.matches(":hover"), null, { timeout: 1_000 })
      .catch(() => false);
  });
}

export async function fromBar(who, id) {
  await onBar(who, id);
  await who.at(id).click();
}

export const attribute = (who, id, name) => who.at(id).getAttribute(name);

export function untilState(who, id, state, ms) {
  return until(`${id} is ${state}`, async () => (await attribute(who, id, "data-state")) === state, ms);
}

/** `what` took at most `ms` since then, on a machine that has time for it; as much longer as this one is slower. */
export async function assertSoon(since, ms, what) {
  const took = Date.now() - since;
  console.log(`${what} within ${took} ms`);
  if (took <= ms) return;
  const times = await slowness();
  assert.ok(
    took <= ms * times,
    `${took} ms of ${ms}, the machine ${times.toFixed(1)} times as slow: ${what}`,
  );
}

/** Small grey samples of the picture that is on screen, and the playhead. */
export function picture(who) {
  return who.page.evaluate(() => {
    const video = document.querySelector("[data-testid=player-video]");
    if (!video) return { time: 0, width: 0, height: 0, grey: [] };
    const canvas = document.createElement("canvas");
    canvas.width = 32;
    canvas.height = 18;
    const draw = canvas.getContext("2d");
    draw.drawImage(video, 0, 0, 32, 18);
    const { data } = draw.getImageData(0, 0, 32, 18);
    const grey = [];
    for (let i = 0; i < data.length; i += 4) grey.push((data[i] + data[i + 1] + data[i + 2]) / 3);
    return { time: video.currentTime, width: video.videoWidth, height: video.videoHeight, grey };
  });
}

/** The playhead does not move for a second. */
export function untilStands(who, ms) {
  const stands = async () => {
    const { time } = await picture(who);
    await sleep(1_000);
    return (await picture(who)).time === time;
  };
  return until("the picture stands", stands, ms);
}

/** For some seconds the playhead advances about as fast as the clock, and the picture changes. Stalls before that are not its business. */
export async function assertMoves(who, seconds = 3) {
  let seen = await picture(who);
  let since = Date.now();
  let changed = 0;
  await until(`a decoded picture that moves for ${seconds} s`, async () => {
    const last = seen;
    const before = since;
    await sleep(seconds * 1000);
    seen = await picture(who);
    since = Date.now();
    changed = seen.grey.filter((value, i) => Math.abs(value - last.grey[i]) > 8).length;
    return last.width > 0 && seen.time - last.time > ((since - before) / 1000) * 0.6;
  });
  assert.ok(changed > 5, `${changed} of ${seen.grey.length} samples changed`);
  assert.ok(Math.max(...seen.grey) - Math.min(...seen.grey) > 30, "the picture is not a flat field");
  return seen;
}
