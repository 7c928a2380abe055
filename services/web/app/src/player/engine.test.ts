/** What the engine does without Media Source Extensions, as in Node: it asks the element whether it plays the list itself. */
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { PlayerEngine } from "./engine";

/** As much of a video element as native playback takes. */
class Element extends EventTarget {
  volume = 1;
  muted = false;
  paused = true;
  ended = false;
  seeking = false;
  currentTime = 0;
  playbackRate = 1;
  readyState = 0;
  HAVE_CURRENT_DATA = 2;
  src = "";
  plays = "";
  buffered = { length: 0 };
  seekable = { length: 0 };
  canPlayType = () => this.plays;
  play = async () => {
    this.paused = false;
  };
  pause = () => {
    this.paused = true;
  };
}

beforeEach(() => {
  vi.stubGlobal("document", Object.assign(new EventTarget(), { hidden: false }));
});
afterEach(() => {
  vi.unstubAllGlobals();
});

it("what cannot be played is opened again when the broadcaster is back, perhaps with another codec", async () => {
  const element = new Element();
  const engine = new PlayerEngine(element as unknown as HTMLVideoElement, true);
  await engine.load("/live/ada/index.m3u8");
  expect(engine.snapshot().phase).toBe("unsupported");
  engine.expectMedia(true);
  expect(engine.snapshot().phase).toBe("unsupported");

  engine.expectMedia(false);
  element.plays = "maybe";
  engine.expectMedia(true);
  await vi.waitFor(() => expect(element.src).toBe("/live/ada/index.m3u8"));
  expect(engine.snapshot().phase).toBe("loading");
  engine.destroy();
});

it("a page whose broadcast is over is not opened again", async () => {
  const element = new Element();
  const engine = new PlayerEngine(element as unknown as HTMLVideoElement, true);
  await engine.load("/live/ada/index.m3u8");
  engine.expectMedia(false);
  engine.stop();
  element.plays = "maybe";
  engine.expectMedia(true);
  await Promise.resolve();
  expect([engine.snapshot().phase, element.src]).toEqual(["idle", ""]);
  engine.destroy();
});
