import { describe, expect, it } from "vitest";
import { Qoe } from "./qoe";

/** Looks twenty times a second, as the engine does. */
const TICK = 0.05;

class Viewer {
  readonly qoe = new Qoe();
  now = 100;
  position = 7;

  /** The picture moves for so long. */
  plays(seconds: number, awaited = true): void {
    this.go(seconds, () => (this.position += TICK), awaited);
  }
  stands(seconds: number, awaited = true, seeking = false): void {
    this.go(seconds, () => {}, awaited, seeking);
  }
  go(seconds: number, step: () => void, awaited: boolean, seeking = false): void {
    for (let n = 0; n < Math.round(seconds / TICK); n++) {
      this.now += TICK;
      step();
      this.qoe.look(this.now, this.position, seeking, awaited);
    }
  }
  take = () => this.qoe.take(720, 1.234, undefined);
}

const near = (value: number | undefined, wanted: number) =>
  expect(Math.abs((value ?? 0) - wanted), `${value} is about ${wanted}`).toBeLessThanOrEqual(100);

describe("how a viewer fares", () => {
  it("is time watched, with how far behind and how tall the picture is", () => {
    const viewer = new Viewer();
    viewer.plays(10);
    const delta = viewer.take();
    near(delta?.watched_ms, 10_000);
    expect(delta).toMatchObject({ behind_ms: 1_234, height: 720 });
    expect(Object.keys(delta ?? {}).sort()).toEqual(["behind_ms", "height", "watched_ms"]);
    expect(viewer.take()).toBeNull();
  });

  it("has each stall once, from its begin on, and short ones are none", () => {
    const viewer = new Viewer();
    viewer.plays(2);
    viewer.stands(3);
    viewer.plays(1);
    viewer.stands(0.2);
    viewer.plays(1);
    viewer.stands(1);
    const delta = viewer.take();
    near(delta?.stalled_ms, 4_000);
    near(delta?.watched_ms, 4_200);
    expect(delta?.stalls).toBe(2);
    viewer.stands(2);
    const next = viewer.take();
    near(next?.stalled_ms, 2_000);
    expect([next?.stalls, next?.watched_ms, next?.height]).toEqual([undefined, undefined, undefined]);
  });

  it("counts nothing that nobody waits for: paused, hidden, or the broadcaster away", () => {
    const viewer = new Viewer();
    viewer.stands(5, false);
    viewer.plays(5, false);
    expect(viewer.take()).toBeNull();
    viewer.plays(1);
    viewer.stands(5, false);
    viewer.plays(1);
    const delta = viewer.take();
    near(delta?.watched_ms, 2_000);
    expect(delta?.stalls).toBeUndefined();
  });

  it("takes a place that somebody went to for no stall, and a seek amid one for its end neither", () => {
    const viewer = new Viewer();
    viewer.plays(2);
    viewer.position -= 300;
    viewer.stands(1, true, true);
    viewer.stands(1);
    viewer.plays(1);
    expect(viewer.take()?.stalls).toBeUndefined();
    viewer.stands(1);
    viewer.position += 40;
    viewer.stands(1);
    viewer.position += 5;
    viewer.stands(1, true, true);
    viewer.plays(1);
    const delta = viewer.take();
    expect(delta?.stalls).toBe(1);
    near(delta?.stalled_ms, 3_000);
  });

  it("knows nothing of the time in which the page slept", () => {
    const viewer = new Viewer();
    viewer.plays(1);
    viewer.now += 3_600;
    viewer.stands(1);
    const delta = viewer.take();
    expect((delta?.watched_ms ?? 0) + (delta?.stalled_ms ?? 0)).toBeLessThan(3_100);
  });

  it("has the start once and each error, also where nothing was watched", () => {
    const { qoe } = new Viewer();
    qoe.started(812);
    qoe.started(null);
    for (const fault of ["network", "media", "network"] as const) qoe.failed(fault);
    expect(qoe.take(0, 3)).toEqual({ start_ms: 812, errors: { network: 2, media: 1 } });
    expect(qoe.take(0, 3)).toBeNull();
  });

  it("counts frames from beacon to beacon, and anew with another source", () => {
    const viewer = new Viewer();
    const frames = (totalVideoFrames: number, droppedVideoFrames: number) => {
      viewer.plays(1);
      const delta = viewer.qoe.take(720, null, { totalVideoFrames, droppedVideoFrames });
      return [delta?.decoded, delta?.dropped, delta?.behind_ms];
    };
    expect(frames(300, 4)).toEqual([300, 4, undefined]);
    expect(frames(600, 4)).toEqual([300, undefined, undefined]);
    expect(frames(90, 1)).toEqual([90, 1, undefined]);
  });

  it("is told with the next one where it did not arrive, no more than the server takes", () => {
    const viewer = new Viewer();
    viewer.plays(10);
    viewer.stands(5);
    viewer.qoe.started(500);
    viewer.qoe.failed("network");
    const lost = viewer.take();
    viewer.plays(5);
    if (lost) viewer.qoe.giveBack(lost);
    const told = viewer.take();
    near(told?.watched_ms, 15_000);
    near(told?.stalled_ms, 5_000);
    expect(told).toMatchObject({ stalls: 1, start_ms: 500, errors: { network: 1 } });
    viewer.plays(100);
    expect(viewer.take()?.watched_ms).toBe(30_000);
    expect(JSON.stringify(lost).length).toBeLessThan(1_024);
  });
});
