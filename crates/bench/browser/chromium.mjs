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
 * Runs in a page: says aside, of each time that the picture waits, when that was (milliseconds since the page began), by how much the page's
 * own timers were late in the three seconds before, and what was asked for then and a second and a half later: name, when it was asked,
 * when its first byte came, when its last one did (milliseconds from the wait), status and bytes.
 */
export function witness({ selector, aside }) {
  const [BEFORE, AFTER, EVERY, KEPT] = [3000, 1500, 25, 200];
  const [asked, late] = [[], []];
  new PerformanceObserver((list) => {
    asked.push(...list.getEntries());
    asked.splice(0, Math.max(0, asked.length - KEPT));
  }).observe({ type: "resource" });
  let last = performance.now();
  setInterval(() => {
    const now = performance.now();
    if (now - last > 3 * EVERY) late.push([now, now - last - EVERY]);
    late.splice(0, Math.max(0, late.length - KEPT));
    last = now;
  }, EVERY);
  document.querySelector(selector).addEventListener("waiting", () => {
    const at = performance.now();
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
      console.info(aside + JSON.stringify({ waited_at: Math.round(at), late: lateness, requests }));
    };
    setTimeout(told, AFTER);
  });
}

/** The argument of [`witness`]. */
export const witnessed = (selector) => ({ selector, aside: ASIDE });

/** What a script is told to do, and how it answers. */
export const job = () => JSON.parse(process.argv[2]);
export const answer = (found) => process.stdout.write(`${JSON.stringify(found)}\n`);
