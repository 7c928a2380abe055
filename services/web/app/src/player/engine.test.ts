/** What the engine does without Media Source Extensions, as in Node: it asks the element whether it plays the list itself. */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { PlayerEngine } from "./engine";
import { closePage, openPage } from "./page-for-tests";

function ranges(...list: Array<[number, number]>) {
  return {
    length: list.length,
    start: (i: number) => list[i]?.[0] ?? 0,
    end: (i: number) => list[i]?.[1] ?? 0,
  };
}

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
  error: { code: number } | null = null;
  plays = "";
  private address = "";
  buffered = ranges();
  seekable = ranges();
  get src() {
    return this.address;
  }
  set src(address: string) {
    this.address = address;
    this.error = null;
  }
  fail(code: number) {
    this.error = { code };
    this.dispatchEvent(new Event("error"));
  }
  canPlayType = () => this.plays;
  play = async () => {
    this.paused = false;
  };
  pause = () => {
    this.paused = true;
  };
}

beforeEach(openPage);
afterEach(closePage);

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

it("a picture that does not come is said to be out of reach after a while, and tried again at once when the viewer wants it", async () => {
  vi.useFakeTimers();
  const element = new Element();
  element.plays = "maybe";
  const engine = new PlayerEngine(element as unknown as HTMLVideoElement, true);
  await engine.load("/live/ada/index.m3u8");
  await vi.advanceTimersByTimeAsync(15_000);
  expect(engine.snapshot().trouble).toBeNull();
  await vi.advanceTimersByTimeAsync(10_000);
  expect(engine.snapshot().trouble).toBe("unreachable");
  element.src = "";
  engine.tryAgain();
  await vi.advanceTimersByTimeAsync(0);
  expect([element.src, engine.snapshot().trouble]).toEqual(["/live/ada/index.m3u8", null]);
  engine.destroy();
  vi.useRealTimers();
});

describe("where the element plays the list itself", () => {
  const LIST = "/live/ada/index.m3u8";
  let element: Element;
  let engine: PlayerEngine;
  const answers = (status: number) => {
    const asked = vi.fn(async () => new Response(status === 200 ? "#EXTM3U" : null, { status }));
    vi.stubGlobal("fetch", asked);
    return asked;
  };
  const passes = (ms: number) => vi.advanceTimersByTimeAsync(ms);

  beforeEach(async () => {
    vi.useFakeTimers();
    element = new Element();
    element.plays = "maybe";
    engine = new PlayerEngine(element as unknown as HTMLVideoElement, true);
    await engine.load(LIST);
  });
  afterEach(() => {
    engine.destroy();
    vi.useRealTimers();
  });

  it("one that is there and not played is said to be unplayable, until there are other renditions", async () => {
    const asked = answers(200);
    element.fail(4);
    await passes(0);
    expect(engine.snapshot().phase).toBe("unsupported");
    expect(asked).toHaveBeenCalledWith(LIST, expect.anything());
    element.src = "";
    await passes(60_000);
    expect(element.src, "it is not tried again in vain").toBe("");
    engine.renditionsChanged();
    await passes(0);
    expect([element.src, engine.snapshot().phase]).toEqual([LIST, "loading"]);
  });

  it("one that did not come is no matter of the browser: it is asked for again, and what is wrong is said", async () => {
    answers(503);
    for (const address of [LIST, `${LIST}?ll=0`]) {
      element.fail(4);
      element.src = "";
      await passes(2_500);
      expect([element.src, engine.snapshot().phase]).toEqual([address, "loading"]);
    }
    expect(engine.snapshot().trouble).toBeNull();
    element.fail(4);
    await passes(100);
    expect(engine.snapshot().trouble).toBe("faulty");
  });

  it("one that nobody answers for is out of reach", async () => {
    vi.stubGlobal("fetch", () => Promise.reject(new TypeError("failed to fetch")));
    for (let count = 0; count < 3; count++) {
      element.fail(4);
      await passes(4_500);
    }
    expect(engine.snapshot().trouble).toBe("unreachable");
  });

  it("what cannot be decoded is opened again at once, then in a while", async () => {
    element.src = "";
    element.fail(3);
    await passes(0);
    expect(element.src).toBe(LIST);
    element.src = "";
    element.fail(3);
    await passes(500);
    expect(element.src).toBe("");
    await passes(1_000);
    expect(element.src).toBe(LIST);
  });

  it("what broke off is asked for again in a while", async () => {
    element.fail(2);
    element.src = "";
    await passes(500);
    expect(element.src).toBe("");
    await passes(1_000);
    expect(element.src).toBe(LIST);
  });

  it("what was called off, and what happens to the element later, is no fault", async () => {
    element.fail(1);
    expect(engine.snapshot().phase).toBe("loading");
    engine.stop();
    element.src = "";
    element.fail(3);
    await passes(5_000);
    expect([element.src, engine.snapshot().phase]).toEqual(["", "idle"]);
  });
});

describe("a viewer who goes back", () => {
  let element: Element;
  let engine: PlayerEngine;
  /** The broadcast goes on for a second; the picture too unless it stands still. */
  const second = (still = false) => {
    for (let step = 0; step < 10; step++) {
      element.seekable = ranges([0, element.seekable.end(0) + 0.1]);
      if (!still && !element.paused) element.currentTime += 0.1;
      vi.advanceTimersByTime(100);
    }
  };

  beforeEach(async () => {
    vi.useFakeTimers();
    element = new Element();
    element.plays = "maybe";
    element.seekable = ranges([0, 600]);
    element.readyState = 4;
    engine = new PlayerEngine(element as unknown as HTMLVideoElement, true);
    await engine.load("/live/ada/index.m3u8");
    element.currentTime = 599;
    second();
  });
  afterEach(() => {
    engine.destroy();
    vi.useRealTimers();
  });

  it("stays as far behind, and the Live button returns", () => {
    expect([engine.snapshot().behind, engine.snapshot().depth]).toEqual([0, 600]);
    engine.rewindTo(300);
    expect([Math.round(element.currentTime), engine.snapshot().behind]).toEqual([301, 300]);
    second();
    expect([engine.snapshot().behind, engine.snapshot().depth]).toEqual([300, 601]);
    engine.jumpToLive();
    expect(engine.snapshot().behind).toBe(0);
    expect(element.seekable.end(0) - element.currentTime).toBeLessThan(1);
  });

  it("moves by steps, not before the oldest, and close to live is live", () => {
    engine.skip(-10);
    engine.skip(-10);
    expect(engine.snapshot().behind).toBe(21);
    engine.skip(-9_000);
    expect(element.currentTime).toBe(0.5);
    engine.rewindTo(5);
    engine.skip(5);
    expect(engine.snapshot().behind).toBe(0);
  });

  it("finds the place again when the page was put away and comes back", async () => {
    engine.rewindTo(300);
    second();
    engine.rest();
    // Nothing moves while it is away, but the broadcast.
    element.seekable = ranges([0, 700]);
    const { currentTime } = element;
    await vi.advanceTimersByTimeAsync(20_000);
    expect([element.currentTime, engine.snapshot().phase]).toEqual([currentTime, "playing"]);
    engine.wake();
    await vi.advanceTimersByTimeAsync(0);
    element.currentTime = 699;
    second();
    expect(engine.snapshot().behind).toBeGreaterThan(310);
    expect(engine.snapshot().behind).toBeLessThan(330);
  });

  it("with a reserve is live up to there, and moved there at once", () => {
    engine.keepLatency("smooth");
    expect(engine.snapshot().latency).toBe("smooth");
    expect(element.seekable.end(0) - element.currentTime).toBeCloseTo(3.4);
    second();
    expect(engine.snapshot().behind).toBe(0);
    engine.keepLatency("low");
    expect(element.seekable.end(0) - element.currentTime).toBeCloseTo(0.4);
    engine.rewindTo(300);
    engine.keepLatency("smooth");
    expect(engine.snapshot().behind, "who went back is left there").toBe(300);
  });

  it("is not thrown to live when the picture stands still, nor by a reload", async () => {
    engine.rewindTo(300);
    second();
    element.buffered = ranges([300, 304], [590, 602]);
    const { currentTime } = element;
    for (let count = 0; count < 3; count++) second(true);
    expect(element.currentTime, "the first remedy").toBe(currentTime);
    for (let count = 0; count < 7; count++) second(true);
    await vi.advanceTimersByTimeAsync(0);
    expect(element.src, "plain HLS").toBe("/live/ada/index.m3u8?ll=0");
    for (let count = 0; count < 5; count++) second(true);
    expect(engine.snapshot().phase, "the last remedy").toBe("loading");
    expect(engine.snapshot().trouble).toBeNull();
    await vi.advanceTimersByTimeAsync(0);
    element.currentTime = 599;
    second();
    expect(engine.snapshot().behind).toBeGreaterThan(300);
    expect(engine.snapshot().behind).toBeLessThan(330);
  });
});
