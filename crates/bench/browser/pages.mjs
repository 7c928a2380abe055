/**
 * How pages load: Lighthouse's mobile profile (a slow phone and a slow link, simulated) on pages at rest, and web-vitals on a page that
 * plays. The argument is a JSON object: `pages` (`name`, `url`), `live` (a watch page of a broadcast, or null), `times` (how often each is loaded;
 * the middle one counts). Prints `{pages: [{name, performance, accessibility, practices, lcp, cls, failed}], live: {lcp, cls, inp}}`;
 * scores 0 to 100, `lcp` and `inp` in milliseconds.
 */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import lighthouse from "lighthouse";
import { answer, inPage, job, launch, VIDEO } from "./chromium.mjs";

const { pages, live, times } = job();
const own = createRequire(import.meta.url);
/** Lighthouse talks to the browser by this port. */
const PORT = 9222 + (process.pid % 1000);
/** A live page is looked at for so long, milliseconds. */
const LOOK = 10_000;

const percent = (category) => Math.round((category?.score ?? 0) * 100);

/** Audits that cost points. */
function failed({ audits, categories }) {
  const asked = Object.values(categories).flatMap((category) =>
    category.auditRefs.filter((ref) => ref.weight > 0),
  );
  return asked
    .map((ref) => audits[ref.id])
    .filter((audit) => audit.score !== null && audit.score < 0.9)
    .map((audit) => audit.id);
}

async function audited({ name, url }) {
  const seen = [];
  for (let time = 0; time < times; time++) {
    const browser = await launch([`--remote-debugging-port=${PORT}`]);
    try {
      const { lhr } = await lighthouse(url, {
        port: PORT,
        logLevel: "error",
        onlyCategories: ["performance", "accessibility", "best-practices"],
      });
      if (lhr.runtimeError) throw new Error(`${url}: ${lhr.runtimeError.message}`);
      const { categories, audits } = lhr;
      seen.push({
        name,
        performance: percent(categories.performance),
        accessibility: percent(categories.accessibility),
        practices: percent(categories["best-practices"]),
        lcp: audits["largest-contentful-paint"].numericValue,
        cls: audits["cumulative-layout-shift"].numericValue,
        failed: failed(lhr),
      });
    } finally {
      await browser.close();
    }
  }
  seen.sort((a, b) => a.performance - b.performance);
  return seen[Math.floor((seen.length - 1) / 2)];
}

/** As web-vitals tells them when the page is left, after a click somewhere. */
async function vitals(url) {
  const script = readFileSync(own.resolve("web-vitals").replace(/[^/]*$/, "web-vitals.iife.js"), "utf8");
  const browser = await launch();
  try {
    return await inPage(browser, async (page) => {
      const told = {};
      await page.exposeFunction("tell", (name, value) => {
        told[name] = value;
      });
      await page.addInitScript(
        `${script};for (const on of ["onLCP", "onCLS", "onINP"]) webVitals[on](({ name, value }) => tell(name, value), { reportAllChanges: true });`,
      );
      await page.goto(url);
      await page.waitForFunction((video) => document.querySelector(video)?.currentTime > 0, VIDEO);
      await page.waitForTimeout(LOOK);
      await page.getByTestId("player-video").click();
      await page.waitForTimeout(1000);
      return { lcp: told.LCP ?? null, cls: told.CLS ?? null, inp: told.INP ?? null };
    });
  } finally {
    await browser.close();
  }
}

const found = [];
for (const page of pages) found.push(await audited(page));
answer({ pages: found, live: live && (await vitals(live)) });
