/** What axe-core finds wrong with a page, as one sentence a finding; none is the only good answer. */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { inThemes, THEMES } from "./looks.mjs";

const SOURCE = readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** Fails with every finding on the page as it is now, in dark and in light, or in `themes` alone. `what` names the page. */
export async function assertClean(page, what, themes = THEMES) {
  const look = async (theme) => assert.deepEqual(await findings(page), [], `${what}, ${theme}`);
  await inThemes(page, look, themes);
}

async function findings(page) {
  if (!(await page.evaluate(() => "axe" in window))) await page.evaluate(await SOURCE);
  return page.evaluate(async () => {
    const { violations } = await window.axe.run(document, {
      // A menu hangs at the end of the page, outside of its landmarks; the button that it belongs to is inside.
      rules: { region: { enabled: !document.querySelector("[role=menu]") } },
      runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    });
    return violations.flatMap((v) =>
      v.nodes.map(
        (n) =>
          `${v.id}: ${n.target.join(" ")}: ${n.failureSummary?.split("\n").slice(1).join(" ").trim()} ${n.html.slice(0, 160)}`,
      ),
    );
  });
}
