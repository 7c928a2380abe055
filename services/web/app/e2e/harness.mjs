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

export const BASE = process.env.STREAMLY_E2E_URL?.replace(/\/$/, "");
export const skip = BASE ? false : "STREAMLY_E2E_URL is not set";

const PUBLISH =
  process.env.STREAMLY_E2E_PUBLISH ??
  "exec ffmpeg -hide_banner -loglevel error -re -f lavfi -i testsrc2=size=1280x720:rate=30 " +
    "-f lavfi -i sine=frequency=440:sample_rate=48000 -c:v libx264 -preset ultrafast -tune zerolatency -g 30 -b:v 2000k " +
    "-pix_fmt yuv420p -c:a aac -ac 2 -b:a 128k -f flv {url}";

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
  const page = await context.newPage();
  const failures = [];
  page.on("pageerror", (error) => failures.push(String(error.stack ?? error)));
  page.on("console", (message) => {
    if (/Content.Security.Policy/i.test(message.text())) failures.push(message.text());
  });
  page.on("request", (request) => {
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

/** Calls `check` until it gives something true; fails with `what` after `ms`. */
export async function until(what, check, ms = 20_000) {
  const end = Date.now() + ms;
  for (;;) {
    const value = await check();
    if (value) return value;
    if (Date.now() > end) assert.fail(`not within ${ms} ms: ${what}`);
    await sleep(100);
  }
}

export const attribute = (who, id, name) => who.at(id).getAttribute(name);

export function untilState(who, id, state, ms) {
  return until(`${id} is ${state}`, async () => (await attribute(who, id, "data-state")) === state, ms);
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

/** The playhead advances about as fast as the clock, and the picture changes. */
export async function assertMoves(who, seconds = 3) {
  const before = await until("a decoded picture", async () => {
    const seen = await picture(who);
    return seen.width > 0 && seen.time > 0 && seen;
  });
  const started = Date.now();
  await sleep(seconds * 1000);
  const after = await picture(who);
  const elapsed = (Date.now() - started) / 1000;
  const advanced = after.time - before.time;
  assert.ok(
    advanced > elapsed * 0.6,
    `the playhead advanced ${advanced.toFixed(2)} s in ${elapsed.toFixed(2)} s`,
  );
  const changed = after.grey.filter((value, i) => Math.abs(value - before.grey[i]) > 8).length;
  assert.ok(changed > 5, `${changed} of ${after.grey.length} samples changed`);
  assert.ok(Math.max(...after.grey) - Math.min(...after.grey) > 30, "the picture is not a flat field");
  return after;
}
