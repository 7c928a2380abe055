/**
 * A chat that runs fast beside a picture that plays. The argument is a JSON object: `page` (a watch page), `room` (its channel's name), `url` (the
 * platform), `people` (`name`, `password`), `per_second` messages, `settle` and `seconds`. Prints what the page did in `seconds` before anybody
 * spoke and in as many while they talked: `{calm, rush, said, refused}`, each `{frames, seconds, late, longest, rows, shown, stalls}`: `frames` the page
 * drew, `late` of them that came after more than 50 ms, the `longest` task in milliseconds, most `rows` of the chat in the document, the lines that
 * were `shown` anew, and how often the picture waited.
 */
import { answer, inPage, job, launch, VIDEO } from "./chromium.mjs";
import { talkers } from "./talkers.mjs";

const { page: watched, room, url, people, per_second, settle, seconds } = job();
/** A frame that took longer than this is seen to stutter, milliseconds: three of a 60 Hz screen. */
const LATE = 50;

/** In the page: looks on for so many milliseconds. */
function look([video, ms, late]) {
  const seen = { frames: 0, seconds: 0, late: 0, longest: 0, rows: 0, shown: 0, stalls: 0 };
  const tasks = new PerformanceObserver((list) => {
    for (const task of list.getEntries()) seen.longest = Math.max(seen.longest, task.duration);
  });
  tasks.observe({ entryTypes: ["longtask"] });
  const waits = () => seen.stalls++;
  const element = document.querySelector(video);
  element.addEventListener("waiting", waits);
  const ids = new Set();
  const rows = () => document.querySelectorAll("li[data-id]");
  for (const row of rows()) ids.add(row.dataset.id);
  const before = ids.size;
  return new Promise((resolve) => {
    const began = performance.now();
    let last = began;
    const frame = (now) => {
      seen.frames++;
      if (now - last > late) seen.late++;
      last = now;
      const all = rows();
      seen.rows = Math.max(seen.rows, all.length);
      // The newest are what is new.
      for (let at = all.length - 1; at >= 0 && !ids.has(all[at].dataset.id); at--) ids.add(all[at].dataset.id);
      if (now - began < ms) return requestAnimationFrame(frame);
      tasks.disconnect();
      element.removeEventListener("waiting", waits);
      resolve({ ...seen, seconds: (now - began) / 1000, shown: ids.size - before });
    };
    requestAnimationFrame(frame);
  });
}

const browser = await launch();
const talk = await talkers(url, room, people);
try {
  const seen = await inPage(browser, async (page) => {
    await page.goto(watched);
    await page.waitForFunction((video) => document.querySelector(video)?.currentTime > 0, VIDEO, {
      timeout: 20_000,
    });
    await page.getByTestId("chat-list").waitFor();
    await page.waitForTimeout(settle * 1000);
    const calm = await page.evaluate(look, [VIDEO, seconds * 1000, LATE]);
    talk.talk(per_second);
    // The window is full then.
    await page.waitForFunction(() => document.querySelectorAll("li[data-id]").length >= 80, null, { timeout: 30_000 });
    const rush = await page.evaluate(look, [VIDEO, seconds * 1000, LATE]);
    return { calm, rush };
  });
  answer({ ...seen, ...talk.counted });
} finally {
  talk.close();
  await browser.close();
}
