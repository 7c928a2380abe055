/** How pages look: in both themes, which follow the browser's wish, and at two widths; and pictures of them, where `STREAMLY_E2E_SHOTS` names a folder. */
import { mkdir } from "node:fs/promises";
import { until } from "./harness.mjs";

export const SHOTS = process.env.STREAMLY_E2E_SHOTS;
export const THEMES = ["dark", "light"];
/** A desk's window and a phone's. */
export const WINDOWS = [
  { width: 1440, height: 900 },
  { width: 390, height: 844 },
];

/** What moves and ends by itself has ended: a theme's colours are there, and what opened is open. */
function settled(page) {
  return until("motion is over", () =>
    page.evaluate(() =>
      document
        .getAnimations()
        .every(
          ({ playState, effect }) =>
            playState !== "running" || effect?.getComputedTiming().endTime === Number.POSITIVE_INFINITY,
        ),
    ),
  );
}

/** Calls `look` with the name of each theme while the page has it; then the page has the one of before. */
export async function inThemes(page, look, themes = THEMES) {
  const before = await page.evaluate(() => matchMedia("(prefers-color-scheme: dark)").matches);
  try {
    for (const colorScheme of themes) {
      await page.emulateMedia({ colorScheme });
      await settled(page);
      await look(colorScheme);
    }
  } finally {
    await page.emulateMedia({ colorScheme: before ? "dark" : "light" });
  }
}

/** Pictures of a page, or of a part of it, at both widths and in both themes. */
export async function shoot(who, what, part = null) {
  if (!SHOTS) return;
  const { page } = who;
  await mkdir(SHOTS, { recursive: true });
  const before = page.viewportSize();
  for (const window of WINDOWS) {
    await page.setViewportSize(window);
    // What measures itself draws with the next picture; what is looked at only further down is loaded then.
    await page.evaluate(async () => {
      await new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)));
      const images = [...document.images].filter(({ loading }) => loading !== "lazy");
      await Promise.all([document.fonts.ready, ...images.map((image) => image.decode().catch(() => {}))]);
    });
    await inThemes(page, async (theme) => {
      const path = `${SHOTS}/${what}-${theme}-${window.width}.png`;
      await (part ? part.screenshot({ path }) : page.screenshot({ path, fullPage: true }));
    });
  }
  await page.setViewportSize(before);
}
