/** Values with their units, by the habits of the language. */
import { i18n } from "@lingui/core";
import { afterEach, describe, expect, it } from "vitest";
import { bitrates, frameRate, millis, shareOf } from "./units";

afterEach(() => i18n.activate("en"));

describe("a value and its unit", () => {
  it("are written beside an axis without it, all in the unit of the most", () => {
    const small = bitrates([null, 340_000, 0]);
    expect([small.unit, ...[0, 100_000, 400_000].map(small.tick)]).toEqual(["kbit/s", "0", "100", "400"]);
    const large = bitrates([340_000, 1_500_000]);
    expect([large.unit, ...[0, 500_000, 1_500_000].map(large.tick)]).toEqual(["Mbit/s", "0", "0.5", "1.5"]);
    expect(bitrates([]).unit).toBe("kbit/s");
    expect([millis(1_499.6), frameRate(0), frameRate(29.97)]).toEqual(["1,500 ms", "0 fps", "30 fps"]);
    expect([0, 0.4, 6.1, 100].map(shareOf)).toEqual(["0%", "0.4%", "6.1%", "100%"]);
  });

  it("are a German's in German", () => {
    i18n.activate("de", "de-DE");
    expect(bitrates([2_500_000]).tick(2_500_000)).toBe("2,5");
    expect([millis(1_500), shareOf(100), shareOf(6.1)]).toEqual(["1.500 ms", "100\u00a0%", "6,1\u00a0%"]);
  });
});
