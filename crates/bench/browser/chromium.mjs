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

/** Runs `measure` in a page of nothing cached; what breaks in the page is told on stderr. */
export async function inPage(browser, measure, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, ...options });
  try {
    const page = await context.newPage();
    page.on("pageerror", (error) => console.error(String(error)));
    return await measure(page);
  } finally {
    await context.close();
  }
}

/** What a script is told to do, and how it answers. */
export const job = () => JSON.parse(process.argv[2]);
export const answer = (found) => process.stdout.write(`${JSON.stringify(found)}\n`);
