/**
 * Watches for long, beside a chat that others talk in. The argument is a JSON object: `page` (a watch page), `room` (its channel's name), `url` (the
 * platform), `people` (`name`, `password`) who talk in turn, `per_second` messages, `settle`, `seconds`, and `pause` between two of the `weighings` before and
 * after them. Prints `{before, samples: [{at, ahead, target, rate, behind, stalls}], after, said, refused, shown}`: times in seconds; before and after, of each
 * weighing, `{heap, nodes}`, bytes after a garbage collection. Nothing is collected meanwhile: it holds up the page for long enough to make
 * a picture wait, and not because of the page. What was asked for around a wait is told on stderr.
 *
 * The distance is the player's own: what it has in hand beside what it aims for.
 */
import { answer, inPage, job, launch, VIDEO, witness, witnessed } from "./chromium.mjs";
import { talkers } from "./talkers.mjs";

const { page: watched, room, url, people, per_second, settle, seconds, weighings, pause } = job();
/** Milliseconds between samples. */
const EVERY = 1000;

/** What the page holds, some times over. */
async function weighed(page, devtools) {
  const found = [];
  for (let time = 0; time < weighings; time++) {
    await page.waitForTimeout(pause * 1000);
    await devtools.send("HeapProfiler.collectGarbage");
    const { metrics } = await devtools.send("Performance.getMetrics");
    const metric = (name) => metrics.find((metric) => metric.name === name)?.value ?? null;
    found.push({ heap: metric("JSHeapUsedSize"), nodes: metric("Nodes") });
  }
  return found;
}

const browser = await launch(["--js-flags=--expose-gc"]);
const talk = await talkers(url, room, people);
let shown = 0;
try {
  const seen = await inPage(browser, async (page) => {
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
    await page.evaluate(witness, witnessed(VIDEO));
    talk.talk(per_second);
    await page.waitForTimeout(settle * 1000);
    const before = await weighed(page, devtools);
    // What the last collection held up comes to rest.
    await page.waitForTimeout(pause * 1000);
    await page.evaluate(() => {
      window.stalls = 0;
    });
    const samples = [];
    const began = Date.now();
    for (let due = began; due <= began + seconds * 1000; due += EVERY) {
      await page.waitForTimeout(Math.max(0, due - Date.now()));
      const at = (Date.now() - began) / 1000;
      const now = await page.evaluate(
        (video) => ({ ...document.querySelector(video).measures(), stalls: window.stalls }),
        VIDEO,
      );
      samples.push({ at, ...now });
    }
    const after = await weighed(page, devtools);
    shown = await page.getByTestId("chat-message").count();
    return { before, samples, after };
  });
  answer({ ...seen, shown, ...talk.counted });
} finally {
  talk.close();
  await browser.close();
}
