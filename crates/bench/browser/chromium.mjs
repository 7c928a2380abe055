/** The browser that measures, and pages in it. `STREAMLY_E2E_CHROMIUM` names the program. */
import { createRequire } from "node:module";

const app = new URL("../../../services/web/app/", import.meta.url);
/** Finds what the app depends on. */
export const require = createRequire(new URL("package.json", app));
const { chromium } = require("playwright-core");

export const PROGRAM = process.env.STREAMLY_E2E_CHROMIUM ?? "/usr/bin/chromium";
export const VIDEO = "[data-testid=player-video]";

export function launch(args = []) {
  return chromium.launch({
    executablePath: PROGRAM,
    args: ["--no-sandbox", "--autoplay-policy=no-user-gesture-required", ...args],
  });
}

/** What a page says to this program begins so. */
const ASIDE = "bench: ";

/** Runs `measure` in a page of nothing cached; what breaks in the page, and what it says aside, is told on stderr. */
export async function inPage(browser, measure, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, ...options });
  try {
    const page = await context.newPage();
    page.on("pageerror", (error) => console.error(String(error)));
    page.on("console", (message) => {
      const text = message.text();
      if (text.startsWith(ASIDE)) console.error(text.slice(ASIDE.length));
    });
    return await measure(page);
  } finally {
    await context.close();
  }
}

/**
 * Runs in a page: says aside, of each time that the picture waits or is about to (less than `THIN` seconds in hand), when that was
 * (milliseconds since the page began), by how much the page's own timers were late in the three seconds before, and what was asked for then
 * and a second and a half later: name, when it was asked, when its first byte came, when its last one did (milliseconds from the wait),
 * status and bytes.
 */
export function witness({ selector, aside }) {
  const [BEFORE, AFTER, EVERY, KEPT, THIN] = [3000, 1500, 25, 200, 0.1];
  const [asked, late] = [[], []];
  new PerformanceObserver((list) => {
    asked.push(...list.getEntries());
    asked.splice(0, Math.max(0, asked.length - KEPT));
  }).observe({ type: "resource" });
  const video = document.querySelector(selector);
  const inHand = () => {
    const { buffered, currentTime } = video;
    return buffered.length > 0 ? buffered.end(buffered.length - 1) - currentTime : 0;
  };
  let last = performance.now();
  let thinAt = last;
  setInterval(() => {
    const now = performance.now();
    if (now - last > 3 * EVERY) late.push([now, now - last - EVERY]);
    late.splice(0, Math.max(0, late.length - KEPT));
    last = now;
    if (inHand() < THIN && now - thinAt > BEFORE) {
      thinAt = now;
      tell("thin_at");
    }
  }, EVERY);
  video.addEventListener("waiting", () => tell("waited_at"));
  function tell(what) {
    const [at, ahead] = [performance.now(), inHand()];
    const told = () => {
      const name = (url) => url.split("/").slice(-2).join("/");
      const from = (time) => (time > 0 ? Math.round(time - at) : null);
      const around = asked.filter((entry) => entry.responseEnd > at - BEFORE);
      const requests = around.map((entry) => [
        name(entry.name),
        from(entry.startTime),
        from(entry.responseStart),
        from(entry.responseEnd),
        entry.responseStatus,
        entry.transferSize,
      ]);
      const lateness = late
        .filter(([when]) => when > at - BEFORE)
        .map(([when, by]) => [from(when), Math.round(by)]);
      const place = { [what]: Math.round(at), in_hand: Math.round(ahead * 1000) / 1000 };
      console.info(aside + JSON.stringify({ ...place, late: lateness, requests }));
    };
    setTimeout(told, AFTER);
  }
}

/** The argument of [`witness`]. */
export const witnessed = (selector) => ({ selector, aside: ASIDE });

/** What a script is told to do, and how it answers. */
export const job = () => JSON.parse(process.argv[2]);
export const answer = (found) => process.stdout.write(`${JSON.stringify(found)}\n`);
