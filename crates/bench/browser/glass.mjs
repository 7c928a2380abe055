/**
 * Watches a player in Chromium and prints how old the pictures on its screen were: a JSON array, one object for each time it joined.
 *
 * The argument is a JSON object: `page` (a watch page of the app) or `playback` (a multivariant playlist, played by a bare page with
 * hls.js as it comes), `joins` (each in a new page of nothing cached), `settle` and `seconds` of each; `quality` is chosen in the app's
 * menu; with `shown` it is also told when each picture was presented and how old it was. What was asked for around a wait is told on stderr. `STREAMLY_E2E_CHROMIUM` names the browser. The picture's top row of blocks carries its wall clock: 1, 0, then 32 bits of milliseconds, a block being 1/40 of the width.
 */
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { answer, inPage, launch, require, job as told, VIDEO, witness, witnessed } from "./chromium.mjs";

const job = told();

/** A page with a video element and hls.js with its defaults; low latency is one of them. */
async function barePage(playback) {
  const script = readFileSync(require.resolve("hls.js/dist/hls.min.js"));
  const html = `<!doctype html><video muted autoplay style="width:1280px;height:720px"></video><script src="/hls.js"></script>
    <script>
      const hls = new Hls({ lowLatencyMode: true });
      window.version = Hls.version;
      hls.loadSource(${JSON.stringify(playback)});
      hls.attachMedia(document.querySelector("video"));
    </script>`;
  const server = createServer((request, response) => {
    const isScript = request.url === "/hls.js";
    response.setHeader("content-type", isScript ? "text/javascript" : "text/html; charset=utf-8");
    response.end(isScript ? script : html);
  });
  await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
  return { url: `http://127.0.0.1:${server.address().port}/`, close: () => server.close() };
}

/** Runs in the page. */
function observe({ selector, settle, seconds, every }) {
  const video = document.querySelector(selector);
  const BITS = 34;
  const ACROSS = 40;
  const PIXELS = 10;
  const canvas = document.createElement("canvas");
  canvas.width = BITS * PIXELS;
  canvas.height = 4;
  const draw = canvas.getContext("2d", { willReadFrequently: true });
  const found = {
    ages: [],
    presented: [],
    shown: [],
    stalls: 0,
    waits: [],
    longest_still: 0,
    heights: [],
    unreadable: 0,
    version: window.version ?? null,
  };
  const age = (stamp) => (Date.now() - stamp) >>> 0;
  /** The clock in the picture, modulo 2^32, or null. */
  function read() {
    const block = video.videoWidth / ACROSS;
    draw.drawImage(video, 0, block * 0.3, block * BITS, block * 0.4, 0, 0, canvas.width, canvas.height);
    const { data } = draw.getImageData(0, 2, canvas.width, 1);
    const bit = (index) => data[(index * PIXELS + PIXELS / 2) * 4 + 1] > 128;
    if (!bit(0) || bit(1)) return null;
    let stamp = 0;
    for (let index = 2; index < BITS; index++) stamp = ((stamp << 1) | (bit(index) ? 1 : 0)) >>> 0;
    return age(stamp) < 60_000 ? stamp : null;
  }
  return new Promise((resolve) => {
    const from = performance.now() + settle * 1000;
    const until = from + seconds * 1000;
    let shown = null;
    let shownAt = 0;
    let counting = false;
    video.addEventListener("waiting", () => {
      if (!counting) return;
      found.stalls++;
      const spans = video.buffered;
      const end = spans.length > 0 ? spans.end(spans.length - 1) : 0;
      found.waits.push([(performance.now() - from) / 1000, end - video.currentTime]);
    });
    function presented() {
      const stamp = read();
      const now = performance.now();
      if (counting) {
        if (shownAt >= from) found.longest_still = Math.max(found.longest_still, now - shownAt);
        if (stamp === null) found.unreadable++;
        else found.presented.push(age(stamp));
        if (!found.heights.includes(video.videoHeight)) found.heights.push(video.videoHeight);
      }
      if (stamp !== null) {
        shown = stamp;
        if (every) found.shown.push([Date.now(), age(stamp)]);
      }
      shownAt = now;
      video.requestVideoFrameCallback(presented);
    }
    function frame() {
      const now = performance.now();
      counting = now >= from;
      if (counting && shown !== null) found.ages.push(age(shown));
      if (now < until) requestAnimationFrame(frame);
      else {
        found.longest_still = Math.max(found.longest_still, now - shownAt);
        resolve(found);
      }
    }
    video.requestVideoFrameCallback(presented);
    requestAnimationFrame(frame);
  });
}

const browser = await launch();
let bare = null;

/** One viewer, from an empty page on. */
function join() {
  return inPage(browser, async (page) => {
    let loads = 0;
    page.on("domcontentloaded", () => loads++);
    const selector = bare ? "video" : VIDEO;
    await page.goto(bare?.url ?? job.page);
    const starts = page.waitForFunction(
      (selector) => (document.querySelector(selector)?.currentTime ?? 0) > 0,
      selector,
      { timeout: 20_000 },
    );
    const started = await starts.then(
      () => true,
      () => false,
    );
    if (!started) return { loads };
    await page.evaluate(witness, witnessed(selector));
    if (job.quality) {
      await page.hover(selector);
      await page.getByTestId("quality-menu").click();
      await page.getByTestId(`quality-${job.quality}`).click();
    }
    const asked = { selector, settle: job.settle, seconds: job.seconds, every: job.shown ?? false };
    return { ...(await page.evaluate(observe, asked)), loads };
  });
}

try {
  if (job.playback) bare = await barePage(job.playback);
  const found = [];
  for (let number = 0; number < job.joins; number++) found.push(await join());
  answer(found);
} finally {
  await browser.close();
  bare?.close();
}
