/** The ladder of remedies, with hand-made time. */
import { describe, expect, it } from "vitest";
import { type Means, Recovery } from "./recovery";

/** The server answers, there is a lower rung, and low latency is what plays. */
const ALL: Means = { canLower: true, canPlain: true, relapsed: false };
/** Nobody answers. */
const NONE: Means = { canLower: false, canPlain: false, relapsed: false };

/** Stands still from `from` to `to` and notes each remedy with its time; plain HLS, once taken, plays until a reload. */
function still(recovery: Recovery, from: number, to: number, means = ALL) {
  const seen: Array<[number, string]> = [];
  let plain = false;
  for (let now = from; now <= to + 0.001; now += 0.1) {
    const remedy = recovery.watch(now, "stands", { ...means, canPlain: means.canPlain && !plain });
    if (remedy) seen.push([Math.round(now), remedy]);
    if (remedy === "plain") plain = true;
    if (remedy === "reload") plain = false;
  }
  return seen;
}

function moves(recovery: Recovery, from: number, to: number) {
  for (let now = from; now < to; now += 0.1) expect(recovery.watch(now, "moves", ALL)).toBeNull();
}

describe("a picture that stands still", () => {
  it("is resynced, lowered, rebuilt, played plain, then opened again and again, every other time plain", () => {
    expect(still(new Recovery(), 0, 60)).toEqual([
      [2, "resync"],
      [4, "lower"],
      [7, "recover-media"],
      [10, "plain"],
      [14, "reload"],
      [20, "plain"],
      [28, "reload"],
      [40, "plain"],
      [59, "reload"],
    ]);
  });

  it("is neither lowered nor played plain where nobody answers, and reloads come with growing pauses", () => {
    const seen = still(new Recovery(), 0, 120, NONE);
    expect(seen.slice(0, 4)).toEqual([
      [2, "resync"],
      [5, "recover-media"],
      [9, "reload"],
      [15, "reload"],
    ]);
    expect(new Set(seen.slice(2).map(([, remedy]) => remedy))).toEqual(new Set(["reload"]));
    const at = seen.slice(2).map(([when]) => when);
    const gaps = at.slice(1).map((when, i) => when - (at[i] ?? 0));
    for (const [i, gap] of gaps.entries()) expect(gap).toBeGreaterThanOrEqual((gaps[i - 1] ?? 0) - 1);
    expect(Math.max(...gaps), "4 s of patience, and a pause of 15 s").toBeLessThanOrEqual(20);
  });

  it("is lowered as soon as that can be done", () => {
    const recovery = new Recovery();
    still(recovery, 0, 4.5, NONE);
    expect(recovery.watch(4.6, "stands", ALL)).toBe("lower");
  });

  it("starts at the first remedy again after ten smooth seconds, and not before", () => {
    const recovery = new Recovery();
    still(recovery, 0, 6);
    moves(recovery, 6, 12);
    expect(still(recovery, 12, 15.5)).toEqual([[15, "recover-media"]]);
    moves(recovery, 16, 27);
    expect(still(recovery, 27, 30)).toEqual([[29, "resync"]]);
  });

  it("is none the less so for being moved on by seeks, each of which looks like half a second of picture", () => {
    const recovery = new Recovery();
    const seen: string[] = [];
    for (let now = 0; now < 22; now += 0.1) {
      const remedy = recovery.watch(now, now % 2 < 0.5 ? "moves" : "stands", NONE);
      if (remedy) seen.push(remedy);
    }
    expect(seen).toEqual(["resync", "recover-media", "reload", "reload"]);
    expect(recovery.asks).toBe(true);
  });

  it("has all the patience again once it has moved for a second, or has rightly stood", () => {
    const recovery = new Recovery();
    still(recovery, 0, 1.9);
    moves(recovery, 2, 3.2);
    expect(still(recovery, 3.3, 5)).toEqual([]);
    recovery.watch(5.1, "rests", ALL);
    expect(still(recovery, 5.2, 7)).toEqual([]);
    expect(still(recovery, 7.1, 7.4)).toEqual([[7, "resync"]]);
  });

  it("needs no remedy for a short wait, nor while it rightly stands", () => {
    expect(still(new Recovery(), 0, 1.5)).toEqual([]);
    const recovery = new Recovery();
    for (let now = 0; now < 60; now += 0.1) expect(recovery.watch(now, "rests", ALL)).toBeNull();
  });

  it("goes straight back to plain HLS where that was left a moment ago", () => {
    const relapsed = { ...ALL, relapsed: true };
    expect(still(new Recovery(), 0, 9, relapsed)).toEqual([
      [4, "plain"],
      [8, "reload"],
    ]);
  });
});

describe("the button", () => {
  it("comes after two openings in vain, stays over further tries, and goes when the picture moves", () => {
    const recovery = new Recovery();
    still(recovery, 0, 17);
    expect(recovery.asks).toBe(false);
    still(recovery, 17.1, 19);
    expect(recovery.asks).toBe(true);
    expect(
      still(recovery, 19.1, 21).map(([, remedy]) => remedy),
      "it is tried behind it",
    ).toEqual(["plain"]);
    expect(recovery.asks).toBe(true);
    moves(recovery, 21.1, 21.8);
    expect(recovery.asks, "a nudge is no picture").toBe(true);
    recovery.watch(21.9, "stands", ALL);
    moves(recovery, 22, 23.3);
    expect(recovery.asks).toBe(false);
  });

  it("starts over when it is pressed", () => {
    const recovery = new Recovery();
    still(recovery, 0, 19);
    recovery.reset();
    expect([recovery.asks, recovery.tries, recovery.isPlanned]).toEqual([false, 0, false]);
    expect(still(recovery, 20, 25)[0]).toEqual([22, "resync"]);
  });
});

describe("a fatal error", () => {
  it("of the media pipeline is recovered once, then played with less, then reloaded", () => {
    const recovery = new Recovery();
    expect(recovery.failed(1, "media", ALL)).toBe("recover-media");
    expect(recovery.failed(2, "media", ALL)).toBe("lower");
    expect(recovery.failed(3, "media", ALL)).toBeNull();
    expect(still(recovery, 3, 4.5)).toEqual([[4, "reload"]]);
  });

  it("is reloaded the second time where there is no lower rung", () => {
    const recovery = new Recovery();
    expect(recovery.failed(1, "media", NONE)).toBe("recover-media");
    expect(recovery.failed(2, "media", NONE)).toBeNull();
    expect(still(recovery, 2, 4)[0]?.[1]).toBe("reload");
  });

  it("of the network is reloaded after a pause, never at once, and as it was the first time", () => {
    const recovery = new Recovery();
    expect(recovery.failed(0, "network", ALL)).toBeNull();
    expect(recovery.broken).toBe(true);
    expect(still(recovery, 0, 0.8)).toEqual([]);
    expect(still(recovery, 0.9, 1.5)[0]?.[1]).toBe("reload");
    recovery.failed(2, "network", ALL);
    expect(still(recovery, 2, 4.5)).toEqual([[4, "plain"]]);
    recovery.failed(5, "network", NONE);
    expect(recovery.asks).toBe(true);
  });

  it("does not reload while the buffer still plays, and does as soon as the network is back", () => {
    const recovery = new Recovery();
    recovery.failed(0, "network", ALL);
    moves(recovery, 0, 5);
    expect(recovery.isPlanned).toBe(true);
    const later = new Recovery();
    later.failed(0, "network", ALL);
    later.hurry(0.2);
    expect(later.watch(0.3, "stands", ALL)).toBe("reload");
  });

  it("that was none in the end plans nothing: what moves again by itself is left alone", () => {
    const recovery = new Recovery();
    still(recovery, 0, 19);
    expect(recovery.isPlanned).toBe(true);
    moves(recovery, 19.1, 20.5);
    expect(recovery.isPlanned).toBe(false);
  });
});
