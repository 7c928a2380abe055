/**
 * Watches for long, beside a chat that others talk in. The argument is a JSON object: `page` (a watch page), `room` (its channel's name), `url` (the
 * platform), `people` (`name`, `password`) who talk in turn, `per_second` messages, `settle` and `seconds`. Prints `{samples: [{at, heap, nodes, ahead, target, rate, behind, stalls}],
 * said, refused, shown}`: `at` in seconds, `heap` in bytes after a garbage collection (each minute, else null), times in seconds.
 *
 * The distance is the player's own: what it has in hand beside what it aims for.
 */
import { answer, inPage, job, launch, require, VIDEO } from "./chromium.mjs";

const { WebSocket } = require("ws");
const { page: watched, room, url, people, per_second, settle, seconds } = job();
/** Milliseconds between samples. */
const EVERY = 1000;
/** A socket gets a fresh token after so long, milliseconds. */
const FRESH = 8 * 60_000;
const counted = { said: 0, refused: 0 };

async function token({ name, password }) {
  const answer = await fetch(`${url}/api/auth/login`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ login: name, password }),
  });
  if (!answer.ok) throw new Error(`${name} cannot sign in: ${answer.status}`);
  return (await answer.json()).access_token;
}

/** Somebody in the room who can be made to talk. */
async function talker(person) {
  const socket = new WebSocket(`${url.replace(/^http/, "ws")}/ws`);
  const tell = (frame) => socket.send(JSON.stringify(frame));
  await new Promise((resolve, reject) => {
    socket.on("open", resolve);
    socket.on("error", reject);
  });
  tell({ type: "hello", v: 1, token: await token(person) });
  const joined = new Promise((resolve) => {
    socket.on("message", (data) => {
      const frame = JSON.parse(data);
      if (frame.type === "joined") resolve();
      if (frame.type === "error") counted.refused++;
    });
  });
  tell({ type: "join", room, history: 0 });
  await joined;
  const fresh = setInterval(async () => tell({ type: "auth", token: await token(person) }), FRESH);
  socket.on("close", () => clearInterval(fresh));
  return {
    say(number) {
      counted.said++;
      tell({
        type: "say",
        room,
        nonce: `n${number}`,
        text: `message ${number}: a line as people write it, and a bit more of it`,
      });
    },
    close: () => socket.close(),
  };
}

const browser = await launch(["--js-flags=--expose-gc"]);
const talkers = [];
let talking;
try {
  for (const person of people) talkers.push(await talker(person));
  const samples = await inPage(browser, async (page) => {
    const devtools = await page.context().newCDPSession(page);
    await devtools.send("Performance.enable");
    await page.goto(watched);
    await page.waitForFunction((video) => document.querySelector(video)?.currentTime > 0, VIDEO, {
      timeout: 20_000,
    });
    await page.evaluate((video) => {
      window.stalls = 0;
      document.querySelector(video).addEventListener("waiting", () => window.stalls++);
    }, VIDEO);
    let number = 0;
    talking = setInterval(() => talkers[number % talkers.length].say(number++), 1000 / per_second);
    await page.waitForTimeout(settle * 1000);
    await page.evaluate(() => {
      window.stalls = 0;
    });
    const samples = [];
    const began = Date.now();
    let collected = -Infinity;
    for (let due = began; due <= began + seconds * 1000; due += EVERY) {
      await page.waitForTimeout(Math.max(0, due - Date.now()));
      const at = (Date.now() - began) / 1000;
      let heap = null;
      let nodes = null;
      if (at - collected >= 60) {
        collected = at;
        await devtools.send("HeapProfiler.collectGarbage");
        const { metrics } = await devtools.send("Performance.getMetrics");
        const metric = (name) => metrics.find((metric) => metric.name === name)?.value ?? null;
        heap = metric("JSHeapUsedSize");
        nodes = metric("Nodes");
      }
      const now = await page.evaluate(
        (video) => ({ ...document.querySelector(video).measures(), stalls: window.stalls }),
        VIDEO,
      );
      samples.push({ at, heap, nodes, ...now });
    }
    counted.shown = await page.getByTestId("chat-message").count();
    return samples;
  });
  answer({ samples, ...counted });
} finally {
  clearInterval(talking);
  for (const talker of talkers) talker.close();
  await browser.close();
}
