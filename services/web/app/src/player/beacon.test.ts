import { describe, expect, it } from "vitest";
import { Beacon, beaconOf } from "./beacon";

const LIST = "https://a.example/live/b/0193/720p/index.m3u8?sid=abc&_HLS_msn=7";

describe("a beacon", () => {
  it("is told to the place of the session", () => {
    expect(beaconOf(LIST)).toBe("https://a.example/live/b/0193/beacon?sid=abc");
    expect(beaconOf("/live/b/0193/source/index.m3u8?sid=a&token=b.c&ll=0")).toBe(
      "/live/b/0193/beacon?sid=a&token=b.c",
    );
    expect(beaconOf("/live/b/0193/source/index.m3u8?ll=0")).toBeNull();
    expect(beaconOf("/live/name/index.m3u8?sid=abc")).toBeNull();
  });

  it("is told only while it plays and asks for nothing", () => {
    const beacon = new Beacon();
    expect(beacon.look(0, true)).toBeNull();
    beacon.asked(100, LIST);
    expect(beacon.look(109, true)).toBeNull();
    expect(beacon.look(111, false)).toBeNull();
    expect(beacon.look(111, true)).toBe("https://a.example/live/b/0193/beacon?sid=abc");
    expect(beacon.look(115, true)).toBeNull();
    beacon.asked(120, LIST);
    expect(beacon.look(129, true)).toBeNull();
    expect(beacon.look(130, true)).not.toBeNull();
    beacon.forget();
    expect(beacon.look(150, true)).toBeNull();
  });
});
