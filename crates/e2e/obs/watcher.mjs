/**
 * A viewer: a page in Chromium that keeps a diary of every state it shows and every picture it presents, by the clock that
 * this process has too. Nothing is asked of the page while it plays but that diary.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { fromApp } from "./obs.mjs";

const { chromium } = fromApp("playwright-core");

export function browser() {
  return chromium.launch({
    executablePath: process.env.STREAMLY_E2E_CHROMIUM ?? "/usr/bin/chromium",
    args: ["--no-sandbox", "--autoplay-policy=no-user-gesture-required"],
  });
}

/** Runs in the page. */
function diary() {
  window.diary = { born: Date.now(), states: [], frames: [], faults: [] };
  window.addEventListener("error", (event) => window.diary.faults.push(String(event.message)));
  let watched = null;
  let last = null;
  setInterval(() => {
    const state = document.querySelector("[data-testid=player-state]")?.dataset.state;
    if (state && state !== last) window.diary.states.push({ at: Date.now(), state });
    if (state) last = state;
    const video = document.querySelector("[data-testid=player-video]");
    if (!video || video === watched) return;
    watched = video;
    const seen = (_now, { mediaTime }) => {
      window.diary.frames.push({ at: Date.now(), mediaTime });
      if (window.diary.frames.length > 20_000) window.diary.frames.splice(0, 10_000);
      video.requestVideoFrameCallback(seen);
    };
    video.requestVideoFrameCallback(seen);
  }, 20);
}

export class Watcher {
  static async open(browser, url, size = { width: 1280, height: 800 }) {
    const context = await browser.newContext({ viewport: size });
    const page = await context.newPage();
    await page.addInitScript(diary);
    const watcher = new Watcher();
    Object.assign(watcher, { context, page });
    await page.goto(url);
    return watcher;
  }

  diary() {
    return this.page.evaluate(() => window.diary);
  }

  /** The first time after `since` at which the page showed `state`. */
  state(state, since, ms) {
    return this.#until(`the page shows "${state}"`, ms, (d) => d.states.find((s) => s.at >= since && s.state === state)?.at);
  }

  /** The time of the first picture after `since`, once `count` more pictures with later media times have come. */
  moves(since, ms, count = 10) {
    return this.#until("the picture moves", ms, ({ frames }) => {
      const start = frames.findIndex((frame) => frame.at >= since);
      if (start < 0) return null;
      let [seen, time] = [0, frames[start].mediaTime];
      for (const frame of frames.slice(start + 1)) {
        if (frame.mediaTime !== time) seen += 1;
        time = frame.mediaTime;
      }
      return seen >= count ? frames[start].at : null;
    });
  }

  /** The first picture after `since` that comes after half a second without one, once ten more have come. */
  resumes(since, ms) {
    return this.#until("the picture stood and moves again", ms, ({ frames }) => {
      const at = frames.findIndex((frame, i) => i > 0 && frame.at >= since && frame.at - frames[i - 1].at > 500);
      return at > 0 && frames.length > at + 10 ? frames[at].at : null;
    });
  }

  /** The longest time without a new picture between two times, in ms. */
  async longestStill(from, to = Date.now()) {
    const { frames } = await this.diary();
    const times = [from, ...frames.map((frame) => frame.at).filter((at) => at > from && at < to), to];
    return Math.max(...times.slice(1).map((at, i) => at - times[i]));
  }

  async #until(what, ms, look) {
    for (const end = Date.now() + ms; ; await sleep(100)) {
      const found = look(await this.diary());
      if (found) return found;
      if (Date.now() > end) throw new Error(`not within ${ms} ms: ${what}`);
    }
  }
}
