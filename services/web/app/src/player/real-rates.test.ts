/** What a rung really takes, on levels that compute as those of hls.js do. */
import type { Level as HlsLevel } from "hls.js";
import { beforeEach, expect, it } from "vitest";
import { RealRates } from "./real-rates";

let rates: RealRates;
let source: HlsLevel;
let low: HlsLevel;

/** As `Level` of hls.js. */
function level(bitrate: number, average: number): HlsLevel {
  class Own {
    readonly bitrate = bitrate;
    realBitrate = 0;
    get maxBitrate() {
      return Math.max(this.realBitrate, this.bitrate);
    }
    get averageBitrate() {
      return average || this.realBitrate || this.bitrate;
    }
  }
  return new Own() as unknown as HlsLevel;
}

/** So many seconds of parts. */
const load = (of: HlsLevel, bps: number, seconds: number) => {
  for (let n = 0; n < seconds * 5; n++) rates.loaded(of, bps / 8 / 5, 0.2);
};

beforeEach(() => {
  rates = new RealRates();
  source = level(8_320_000, 7_000_000);
  low = level(1_270_000, 0);
});

it("a simple source costs less than the rung below it, from the first part on", () => {
  load(source, 330_000, 0.2);
  for (const cost of [source.bitrate, source.maxBitrate, source.averageBitrate]) expect(cost).toBe(363_000);
  expect([rates.taken(source), rates.declared(source)]).toEqual([330_000, 8_320_000]);
  expect([rates.taken(low), rates.declared(low), low.bitrate]).toEqual([null, 1_270_000, 1_270_000]);
});

it("a picture that begins to move counts within two seconds, and no rung costs more than it was told", () => {
  load(source, 330_000, 30);
  load(source, 4_000_000, 2);
  expect(source.bitrate).toBe(4_400_000);
  expect(rates.taken(source)).toBeLessThan(2_000_000);
  load(source, 12_000_000, 2);
  expect(source.bitrate).toBe(8_320_000);
  load(source, 330_000, 11);
  expect(source.bitrate, "what is long gone is forgotten").toBe(363_000);
});

it("what a rung took is kept for a while after another one is loaded, then it is what was told", () => {
  load(source, 2_000_000, 10);
  load(low, 1_000_000, 50);
  expect([source.maxBitrate, rates.taken(source)]).toEqual([2_200_000, null]);
  load(low, 1_000_000, 11);
  expect([source.maxBitrate, source.averageBitrate, low.bitrate]).toEqual([8_320_000, 8_320_000, 1_100_000]);
});

it("what tells nothing changes nothing", () => {
  rates.loaded(source, 0, 0.2);
  rates.loaded(source, 1_000, 0);
  expect(source.bitrate).toBe(8_320_000);
});
