/** hls.js' own choice of a rung, with what it is told here: that an update of it still reads what is written. */
import Hls from "hls.js/light";
import { expect, it } from "vitest";
import { Cost, type Costed } from "./cost";

const silent = () => {};

/** hls.js at the live edge on the last level, 0.6 s in hand. */
function choosing(levels: Costed[]) {
  const source = levels.length - 1;
  const details = { live: true, partTarget: 0.2, averagetargetduration: 2 };
  const hls = {
    config: { ...Hls.DefaultConfig, useMediaCapabilities: false },
    levels: levels.map((level) =>
      Object.assign(level, { details, loadError: 0, fragmentError: 0, frameRate: 30 }),
    ),
    on: () => {},
    logger: { trace: silent, debug: silent, info: silent, log: silent, warn: silent, error: silent },
    allAudioTracks: [],
    latestLevelDetails: details,
    media: { playbackRate: 1 },
    mainForwardBufferInfo: { len: 0.6 },
    loadLevel: source,
    firstLevel: source,
    minAutoLevel: 0,
    maxAutoLevel: source,
    loadLevelObj: levels[source],
  };
  const Controller = Hls.DefaultConfig.abrController;
  const abr = new Controller(hls as unknown as Hls);
  Object.assign(abr, { lastLoadedFragLevel: source });
  return {
    /** What it plays next where a part of so many bytes took so long to come, milliseconds. */
    next: (bytes: number, milliseconds: number) => {
      abr.bwEstimator.sample(milliseconds, bytes);
      return abr.nextAutoLevel;
    },
    bandwidth: () => abr.bwEstimator.getEstimate(),
  };
}

class Level implements Costed {
  readonly realBitrate = 0;
  constructor(public bitrate: number) {}
  get maxBitrate() {
    return Math.max(this.realBitrate, this.bitrate);
  }
  get averageBitrate() {
    return this.bitrate;
  }
}

const ladder = () => [200_000, 700_000, 1_270_000, 8_320_000].map((bitrate) => new Level(bitrate));
/** Parts of the source, 0.33 Mbit/s. */
const BYTES = 8_250;

it("a low estimate of small parts costs the picture where nothing is told, and not where it is", () => {
  expect(choosing(ladder()).next(BYTES, 40)).toBe(2);
  const levels = ladder();
  const hls = choosing(levels);
  const cost = new Cost();
  for (let now = 0; now < 2; now += 0.2) {
    cost.loaded(now, { levels, level: 3, bytes: BYTES, duration: 0.2, bandwidth: hls.bandwidth() });
  }
  expect(hls.next(BYTES, 40)).toBe(3);
});

it("a line that does not keep up goes down to what takes less, past what only says a smaller size", () => {
  const levels = ladder();
  const hls = choosing(levels);
  const cost = new Cost();
  for (let now = 0; now < 3; now += 0.3) {
    cost.loaded(now, { levels, level: 3, bytes: BYTES, duration: 0.2, bandwidth: hls.bandwidth() });
  }
  expect(hls.next(BYTES, 240)).toBe(0);
});
