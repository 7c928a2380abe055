import { describe, expect, it } from "vitest";
import { Beacon, beaconOf } from "./beacon";

const LIST = "https://a.example/live/b/0193/720p/index.m3u8?sid=abc&_HLS_msn=7";
const PLACE = "https://a.example/live/b/0193/beacon?sid=abc";

/** When beacons go out in so many seconds, looked at twenty times a second. */
function times(beacon: Beacon, seconds: number, plays = true, awaited = true): number[] {
  const found: number[] = [];
  for (let tick = 0; tick <= seconds * 20; tick++) {
    if (beacon.look(tick / 20, plays, awaited)) found.push(tick / 20);
  }
  return found;
}

describe("a beacon", () => {
  it("is told to the place of the session", () => {
    expect(beaconOf(LIST)).toBe(PLACE);
    expect(beaconOf("/live/b/0193/source/index.m3u8?sid=a&token=b.c&ll=0")).toBe(
      "/live/b/0193/beacon?sid=a&token=b.c",
    );
    expect(beaconOf("/live/b/0193/source/index.m3u8?ll=0")).toBeNull();
    expect(beaconOf("/live/name/index.m3u8?sid=abc")).toBeNull();
  });

  it("is told about every ten seconds while the picture is awaited, and by no two players in step", () => {
    const made = (random: number) => {
      const beacon = new Beacon(() => random);
      beacon.asked(0, LIST);
      return times(beacon, 60);
    };
    expect(made(0.5)).toEqual([7, 17, 27, 37, 47, 57]);
    expect(made(0)).toEqual([4, 12, 20, 28, 36, 44, 52, 60]);
    expect(made(1)).toEqual([10, 22, 34, 46, 58]);
  });

  it("is told also while playlists come, and while the picture stands", () => {
    const beacon = new Beacon(() => 0.5);
    for (let now = 0; now < 7; now++) {
      beacon.asked(now, LIST);
      expect(beacon.look(now, false, true)).toBeNull();
    }
    expect(beacon.look(7, false, true)).toBe(PLACE);
  });

  it("of what nobody sees is told only while it plays and asks for nothing", () => {
    const beacon = new Beacon(() => 0.5);
    expect(beacon.look(0, true, false)).toBeNull();
    beacon.asked(100, LIST);
    expect(beacon.look(109, true, false)).toBeNull();
    expect(beacon.look(111, false, false)).toBeNull();
    expect(beacon.look(111, true, false)).toBe(PLACE);
    expect(beacon.look(115, true, false)).toBeNull();
    beacon.asked(120, LIST);
    expect(beacon.look(129, true, false)).toBeNull();
    expect(beacon.look(130, true, false)).not.toBeNull();
  });

  it("is told nowhere once no playlist will come", () => {
    const beacon = new Beacon(() => 0.5);
    beacon.asked(0, LIST);
    beacon.asked(0, null);
    expect([times(beacon, 60), beacon.now(60)]).toEqual([[], null]);
  });
});
