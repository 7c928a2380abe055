/** Figures as they are read, and as people read them. */
import { expect, it } from "vitest";
import { IDLE } from "./snapshot";
import { lines, pace, type Reading, read } from "./stats";

type Engine = Parameters<typeof read>[0];
const measures = { target: 0.4, ahead: 0.52, behind: 12.34, jitter: 0, rate: 1.03 };
const hls = {
  levels: [{ bitrate: 2_534_000, videoCodec: "avc1.64001f", audioCodec: "mp4a.40.2" }],
  bandwidthEstimate: 9_000_000,
  latestLevelDetails: { partTarget: 0.2 },
};
const engine = (inside: unknown, playing = 0) =>
  ({
    measures,
    inside,
    snapshot: () => ({
      ...IDLE,
      playing,
      qualities: [{ index: 0, name: "source", height: 720, bitrate: 2_534_000 }],
    }),
  }) as Engine;
const video = {
  videoWidth: 1280,
  videoHeight: 720,
  getVideoPlaybackQuality: () => ({ totalVideoFrames: 300, droppedVideoFrames: 2 }) as VideoPlaybackQuality,
};
const told = (before: Reading | null, at: Reading) =>
  Object.fromEntries(lines(before, at).map(({ id, value }) => [id, value]));

it("a playing picture tells everything", () => {
  const inside = { hls, stalls: 3, takes: 330_000 };
  const before = { ...read(engine(inside), video, "b1", 10), frames: 270 };
  expect(told(before, read(engine(inside), video, "b1", 11))).toEqual({
    picture: "1280 × 720",
    rendition: "Source",
    codecs: "H.264 High, AAC (avc1.64001f, mp4a.40.2)",
    bitrate: "330 kbit/s, up to 2.53 Mbit/s",
    bandwidth: "9.00 Mbit/s",
    frames: "30 fps, 2",
    ahead: "0.52 s, 0.40 s",
    behind: "12.3 s",
    rate: "1.03×",
    stalls: "3",
    protocol: "Low-Latency HLS, parts of 0.2 s",
    broadcast: "b1",
  });
});

it("the size is the picture's own, whatever the rendition that is about to play is called", () => {
  const at = read(engine({ hls, stalls: 0 }), { ...video, videoWidth: 640, videoHeight: 360 }, "b1", 1);
  expect(told(null, at)).toMatchObject({
    picture: "640 × 360",
    rendition: "Source",
    bitrate: "up to 2.53 Mbit/s",
  });
});

it("what the browser plays itself tells less, and nothing made up", () => {
  const shown = told(
    null,
    read(engine({ hls: null, stalls: 0 }, -1), { videoWidth: 0, videoHeight: 0 }, null, 1),
  );
  expect(shown).toMatchObject({
    picture: "–",
    rendition: "–",
    codecs: "–",
    bitrate: "–",
    bandwidth: "–",
    frames: "–, –",
  });
  expect(shown.protocol).toMatch(/browser itself/);
  const whole = { hls: { ...hls, latestLevelDetails: { partTarget: 0 } }, stalls: 0 };
  expect(told(null, read(engine(whole), video, null, 1)).protocol).toBe("HLS, whole segments");
  expect(told(null, read(engine({ ...whole, plain: true }), video, null, 1)).protocol).toMatch(
    /^Plain HLS for now/,
  );
});

it("pictures a second are counted between two readings, and not over a new start", () => {
  const at = (now: number, frames: number | null) => ({ now, frames }) as Reading;
  expect([
    pace(at(1, 100), at(3, 160)),
    pace(null, at(3, 160)),
    pace(at(1, 100), at(2, 5)),
    pace(at(1, null), at(2, 5)),
    pace(at(2, 5), at(2, 5)),
  ]).toEqual([30, null, null, null, null]);
});
