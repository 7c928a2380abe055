/**
 * Watches for long, beside a chat that others talk in. The argument is a JSON object: `page` (a watch page), `room` (its channel's name), `url` (the
 * platform), `people` (`name`, `password`) who talk in turn, `per_second` messages, `settle` and `seconds`. Prints `{samples: [{at, heap, nodes, ahead, target, rate, behind, stalls}],
 * said, refused, shown}`: `at` in seconds, `heap` in bytes after a garbage collection (each minute, else null), times in seconds.
 *
 * The distance is the player's own: what it has in hand beside what it aims for.
 */
import { answer, inPage, job, launch, VIDEO } from "./chromium.mjs";
import { talkers } from "./talkers.mjs";

const { page: watched, room, url, people, per_second, settle, seconds } = job();
/** Milliseconds between samples. */
const EVERY = 1000;

const browser = await launch(["--js-flags=--expose-gc"]);
const talk = await talkers(url, room, people);
let shown = 0;
try {
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
    talk.talk(per_second);
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
    shown = await page.getByTestId("chat-message").count();
    return samples;
  });
  answer({ samples, shown, ...talk.counted });
} finally {
  talk.close();
  await browser.close();
}
