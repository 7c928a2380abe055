/** The ladder of remedies, with hand-made time. */
import { describe, expect, it } from "vitest";
import { Recovery } from "./recovery";

/** Stands still from `from` to `to` and notes each remedy with its time. */
function still(recovery: Recovery, from: number, to: number) {
  const seen: Array<[number, string]> = [];
  for (let now = from; now <= to; now += 0.1) {
    const remedy = recovery.watch(now, false);
    if (remedy) seen.push([Math.round(now * 10) / 10, remedy]);
  }
  return seen;
}

describe("a picture that stands still", () => {
  it("is resynced, then recovered, then reloaded with growing pauses", () => {
    const names = still(new Recovery(), 0, 60);
    expect(names.map(([, name]) => name).slice(0, 4)).toEqual([
      "resync",
      "recover-media",
      "reload",
      "reload",
    ]);
    expect(names[0]?.[0]).toBeCloseTo(2, 0);
    const reloads = names.filter(([, name]) => name === "reload").map(([at]) => at);
    const gaps = reloads.slice(1).map((at, i) => at - (reloads[i] ?? 0));
    for (let i = 1; i < gaps.length; i++) expect(gaps[i]).toBeGreaterThanOrEqual((gaps[i - 1] ?? 0) - 0.2);
  });

  it("starts at the first remedy again after ten smooth seconds", () => {
    const recovery = new Recovery();
    still(recovery, 0, 6);
    for (let now = 6; now < 17; now += 0.1) expect(recovery.watch(now, true)).toBeNull();
    expect(still(recovery, 17, 20)[0]?.[1]).toBe("resync");
  });

  it("needs no remedy for a short wait", () => {
    expect(still(new Recovery(), 0, 1.5)).toEqual([]);
  });
});

describe("a fatal error", () => {
  it("of the media pipeline is recovered once, then reloaded", () => {
    const recovery = new Recovery();
    expect(recovery.failed(1, "media")).toBe("recover-media");
    expect(recovery.failed(2, "media")).toBeNull();
    expect(still(recovery, 2, 4)[0]?.[1]).toBe("reload");
  });

  it("of the network is reloaded after a pause, never at once", () => {
    const recovery = new Recovery();
    expect(recovery.failed(0, "network")).toBeNull();
    expect(still(recovery, 0, 0.8)).toEqual([]);
    expect(still(recovery, 0.9, 1.5)[0]?.[1]).toBe("reload");
  });

  it("does not reload while the buffer still plays", () => {
    const recovery = new Recovery();
    recovery.failed(0, "network");
    for (let now = 0; now < 5; now += 0.1) expect(recovery.watch(now, true)).toBeNull();
  });
});
