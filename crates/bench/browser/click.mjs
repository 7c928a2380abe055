/**
 * From a click on a live channel to its first moving picture. The argument is a JSON object: `list` (a page that lists the channel),
 * `name` (the channel's), `times`. Prints an array of milliseconds, one for each click; `null` where no picture came within 20 s.
 *
 * Each time in a page of nothing cached, which has come to rest. Counted is the second picture that the video element presents: one could be a still.
 */
import { answer, inPage, job, launch, VIDEO } from "./chromium.mjs";

const { list, name, times } = job();

/** Milliseconds. */
const LOOK = 1500;

/** Runs in the page: keeps when the next click was, and when the video presented its second picture. */
function awaitPicture(video) {
  window.moved = new Promise((resolve) => {
    let clicked = null;
    addEventListener(
      "click",
      () => {
        clicked ??= performance.now();
      },
      { capture: true },
    );
    const taken = new WeakSet();
    const look = () => {
      const element = document.querySelector(video);
      if (clicked !== null && element && !taken.has(element)) {
        taken.add(element);
        let pictures = 0;
        const presented = (now) =>
          ++pictures === 2 ? resolve(now - clicked) : element.requestVideoFrameCallback(presented);
        element.requestVideoFrameCallback(presented);
      }
      requestAnimationFrame(look);
    };
    look();
  });
}

const browser = await launch();
try {
  const found = [];
  for (let time = 0; time < times; time++) {
    found.push(
      await inPage(browser, async (page) => {
        await page.goto(list);
        const card = page.locator(`a[href="/${name}"]`).first();
        await card.waitFor();
        // As long as somebody looks before they choose; what the page asks for in the end never comes to rest.
        await page.waitForTimeout(LOOK);
        await page.evaluate(awaitPicture, VIDEO);
        await card.click();
        const late = page.waitForTimeout(20_000).then(() => null);
        return Promise.race([page.evaluate(() => window.moved), late]);
      }),
    );
  }
  answer(found);
} finally {
  await browser.close();
}
