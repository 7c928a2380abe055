/**
 * Draws the platform's pictures into `public/icons/`: what a home screen shows, and what a link to the platform shows. Run it by hand after a
 * change of the mark: `node pictures/make.mjs` (Chromium as in the browser tests). The mark is `public/favicon.svg`'s.
 */
import { readFileSync } from "node:fs";
import { chromium } from "playwright-core";

const OUT = new URL("../public/icons/", import.meta.url).pathname;
const FONT = readFileSync(
  new URL("../node_modules/@fontsource-variable/inter/files/inter-latin-wght-normal.woff2", import.meta.url),
).toString("base64");
const [GROUND, LIGHT, LIVE] = ["#171a22", "#f0f2f7", "#f0604d"];

/** The mark on a square of 32, its corners rounded by so much, and made smaller around the middle. */
const mark = (radius, scale) =>
  `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32" width="100%" height="100%"><rect width="32" height="32" rx="${radius}" fill="${GROUND}"/>` +
  `<g transform="translate(16 16) scale(${scale}) translate(-16 -16)"><path d="M12 9.5v13l11-6.5z" fill="${LIGHT}"/><circle cx="24.5" cy="7.5" r="3.5" fill="${LIVE}"/></g></svg>`;

const share = `<style>@font-face{font-family:Inter;src:url(data:font/woff2;base64,${FONT});font-weight:100 900}
body{font-family:Inter;color:${LIGHT};background:radial-gradient(circle at 78% 30%,#232a3d 0,#12151d 62%)}
main{display:flex;align-items:center;gap:56px;height:630px;padding:0 104px}
.mark{width:232px;flex:none} h1{font-size:112px;letter-spacing:-4px;margin:0;font-weight:700}
p{font-size:38px;margin:14px 0 0;color:#b6bccb;line-height:1.35}</style>
<main><div class="mark">${mark(8, 1)}</div><div><h1>Streamly</h1><p>Live streams, a second behind<br>the real thing.</p></div></main>`;

const pictures = [
  // Corners are transparent; where the system cuts a shape of its own, everything is inside the inner 80 %.
  ["icon-192.png", 192, 192, mark(8, 1)],
  ["icon-512.png", 512, 512, mark(8, 1)],
  ["maskable-512.png", 512, 512, mark(0, 0.82)],
  ["apple-touch.png", 180, 180, mark(0, 0.95)],
  ["share.png", 1200, 630, share],
];

const browser = await chromium.launch({
  executablePath: process.env.STREAMLY_E2E_CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox"],
});
for (const [name, width, height, body] of pictures) {
  const page = await browser.newPage({ viewport: { width, height } });
  await page.setContent(`<!doctype html><style>body{margin:0}svg{display:block}</style>${body}`);
  await page.evaluate(() => document.fonts.ready);
  await page.screenshot({ path: OUT + name, omitBackground: true });
  await page.close();
}
await browser.close();
