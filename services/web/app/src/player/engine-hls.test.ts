/** What the engine does with hls.js, of which there is as much as that takes: media arrives, and the picture stands. */
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { PlayerEngine } from "./engine";
import { closePage, openPage } from "./page-for-tests";

vi.mock("./hls-loader", () => ({
  loadHls: async () =>
    class {
      static isSupported = () => true;
      static Events = {};
      static ErrorTypes = {};
      static ErrorDetails = {};
      levels = [];
      latestLevelDetails = null;
      loadingEnabled = true;
      loadLevel = -1;
      on() {}
      attachMedia() {}
      loadSource() {}
      startLoad() {}
      recoverMediaError() {
        rebuilt();
      }
      destroy() {}
    },
}));
const rebuilt = vi.fn();

/** Seeks are done at once. */
class Element extends EventTarget {
  volume = 1;
  muted = false;
  paused = true;
  ended = false;
  seeking = false;
  playbackRate = 1;
  readyState = 4;
  HAVE_CURRENT_DATA = 2;
  end = 2;
  position = 0;
  seeks = 0;
  buffered = { length: 1, start: () => 0, end: () => this.end };
  seekable = this.buffered;
  get currentTime() {
    return this.position;
  }
  set currentTime(moment: number) {
    this.position = moment;
    this.seeks += 1;
  }
  play = async () => {
    this.paused = false;
  };
  pause = () => {
    this.paused = true;
  };
}

let element: Element;
let engine: PlayerEngine;
/** Media arrives all the time; the picture moves by it or stands. */
const passes = (seconds: number, moves: boolean) => {
  for (let step = 0; step < seconds * 20; step++) {
    element.end += 0.05;
    if (moves) element.position += 0.05;
    vi.advanceTimersByTime(50);
  }
};

beforeEach(async () => {
  vi.useFakeTimers();
  openPage();
  rebuilt.mockClear();
  element = new Element();
  engine = new PlayerEngine(element as unknown as HTMLVideoElement, true);
  await engine.load("/live/ada/index.m3u8");
  passes(3, true);
});
afterEach(() => {
  engine.destroy();
  return closePage();
});

it("a picture that stands is left to the ladder: it is not moved on for being late", () => {
  element.end = element.position + 0.4;
  passes(0.6, false);
  element.end += 3;
  const { seeks } = element;
  passes(1.8, false);
  expect(element.seeks - seeks).toBe(0);
  passes(0.5, false);
  expect(element.seeks - seeks, "the resync").toBe(1);
  passes(3, false);
  expect([element.seeks - seeks, rebuilt.mock.calls.length], "which does not stop the ladder").toEqual([
    1, 1,
  ]);
});

it("a picture that moves again is moved on for being late", () => {
  element.end = element.position + 0.4;
  passes(1.8, false);
  const { seeks } = element;
  passes(1, true);
  expect(element.seeks - seeks).toBe(1);
  expect(element.end - element.position).toBeLessThan(1);
});
