/** Viewers of a marked picture beside our own page: stock hls.js on a bare page, and one who downloads what the playlist lists. */
import { readFile, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { BASE } from "./harness.mjs";

const require = createRequire(import.meta.url);

/** A page of another origin with a video element and hls.js as it comes; `play` shows a multivariant playlist. */
export async function barePage(browser) {
  const script = await readFile(require.resolve("hls.js/dist/hls.min.js"));
  const html = '<!doctype html><video muted autoplay width="640"></video><script src="/hls.js"></script>';
  const server = createServer((request, response) => {
    const isScript = request.url === "/hls.js";
    response.setHeader("content-type", isScript ? "text/javascript" : "text/html; charset=utf-8");
    response.end(isScript ? script : html);
  });
  await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
  const context = await browser.newContext({ viewport: { width: 800, height: 600 } });
  const page = await context.newPage();
  await page.goto(`http://127.0.0.1:${server.address().port}/`);
  return {
    page,
    play: (playback) =>
      page.evaluate((url) => {
        window.errors = [];
        const hls = new window.Hls();
        hls.on(window.Hls.Events.ERROR, (_event, { fatal, details, response, url }) =>
          window.errors.push({ fatal, details: `${details} ${response?.code ?? ""} ${url ?? ""}` }),
        );
        hls.loadSource(url);
        hls.attachMedia(document.querySelector("video"));
      }, playback),
    close: () => server.close(),
  };
}

/** How a page's video stands, for a failure's message. */
export function standing(page, selector) {
  return page.evaluate((selector) => {
    const { currentTime, readyState, paused, buffered, error } = document.querySelector(selector);
    const ranges = [];
    for (let i = 0; i < buffered.length; i++) ranges.push([buffered.start(i), buffered.end(i)]);
    const errors = window.errors
      ?.slice(-10)
      .map(({ fatal, details }) => (fatal ? `FATAL ${details}` : details));
    return JSON.stringify({ currentTime, readyState, paused, ranges, error: error?.message, errors });
  }, selector);
}

/** The segments of the source that are listed now, one file for each of the publisher's sessions, oldest first. */
export async function download(broadcast, folder) {
  const base = `${BASE}/live/b/${broadcast}/source/`;
  const list = await (await fetch(`${base}index.m3u8`)).text();
  const sessions = [];
  let session = null;
  let gap = false;
  for (const line of list.split("\n")) {
    const map = /^#EXT-X-MAP:URI="([^"]+)"/.exec(line)?.[1];
    if (map) {
      session = { map, names: [] };
      sessions.push(session);
    } else if (line === "#EXT-X-GAP") gap = true;
    else if (line && !line.startsWith("#")) {
      if (!gap) session?.names.push(line);
      gap = false;
    }
  }
  const bytes = async (name) => {
    const answer = await fetch(new URL(name, base));
    if (!answer.ok) throw new Error(`${name}: ${answer.status}`);
    return Buffer.from(await answer.arrayBuffer());
  };
  const files = [];
  for (const { map, names } of sessions.filter(({ names }) => names.length > 0)) {
    const file = `${folder}/${files.length}.mp4`;
    await writeFile(file, Buffer.concat(await Promise.all([map, ...names].map(bytes))));
    files.push(file);
  }
  return files;
}
