/** Advice, in words: one test a condition. */
import { expect, it } from "vitest";
import type { Health, Rendition } from "../../api/contract";
import { conditions, type Sight, usualBitrate } from "./coach";

const source: Rendition = {
  name: "source",
  width: 1280,
  height: 720,
  fps: 30,
  bitrate_bps: 2_500_000,
  codecs: "avc1.64001f,mp4a.40.2",
};
const rung: Rendition = {
  ...source,
  name: "480p",
  width: 854,
  height: 480,
  encoder: "x264enc",
  lag_ms: 300,
  shed: false,
};
const well: Health = {
  video_bitrate_bps: 2_500_000,
  audio_bitrate_bps: 128_000,
  fps: 29.97,
  keyframe_interval_ms: 2_000,
  audio_sample_rate: 48_000,
  audio_channels: 2,
  av_skew_ms: 12,
  arrival_jitter_ms: 60,
  discontinuities: 3,
  worker_restarts: 0,
  frames_dropped: 0,
  drops: [
    { reason: "late_start", count: 7 },
    { reason: "empty", count: 900 },
  ],
};

function told(health: Health, more: Partial<Sight> = {}) {
  const sight = { renditions: [source, rung], drops: {}, restarts: 0, swing: null, ...more };
  return conditions({ health: { ...well, ...health }, ...sight });
}
const codes = (health: Health, more?: Partial<Sight>) => told(health, more).map((a) => a.code);
const only = (health: Health, more?: Partial<Sight>) => {
  const [first, ...rest] = told(health, more);
  expect(rest).toEqual([]);
  return first?.text;
};

it("a healthy stream needs no advice, and neither does one of which nothing is known", () => {
  expect(told({})).toEqual([]);
  const nothing = { drops: {}, restarts: 0, swing: null };
  expect(conditions({ health: {}, renditions: [], ...nothing })).toEqual([]);
  const zeros = { video_bitrate_bps: 0, audio_bitrate_bps: 0, audio_sample_rate: 0, fps: 0 };
  expect(conditions({ health: zeros, renditions: [source], ...nothing })).toEqual([]);
});

it("a stock OBS is told about its keyframe interval, exactly", () => {
  expect(only({ keyframe_interval_ms: 8_333 })).toBe(
    "Keyframes come every 8.3 s, so pictures start and recover slowly. In OBS, Settings → Output, set Keyframe Interval to 2 s.",
  );
  expect(told({ keyframe_interval_ms: 4_000 })).toEqual([]);
});

it("a picture without sound is not well", () => {
  expect(only({ audio_bitrate_bps: 0, audio_sample_rate: 0 })).toMatch(/No sound arrives.*Audio Mixer/);
  expect(only({ audio_bitrate_bps: 0 })).toMatch(/No sound arrives/);
});

it("sound without a picture is not well, but a radio is", () => {
  expect(only({ video_bitrate_bps: 0, fps: 0 })).toMatch(/Sound arrives, but no picture/);
  const radio = { ...source, width: 0, height: 0, fps: 0, codecs: "mp4a.40.2" };
  expect(told({ video_bitrate_bps: 0, fps: 0 }, { renditions: [radio] })).toEqual([]);
});

it("an unsteady upload is told with what to do in OBS", () => {
  expect(only({ arrival_jitter_ms: 640 })).toMatch(
    /up to 0\.6 s late.*lower the bitrate.*Dynamically change bitrate.*cable/,
  );
  expect(told({ arrival_jitter_ms: 350 })).toEqual([]);
});

it("missing frames are counted against what the encoder promised", () => {
  expect(only({ fps: 18 })).toMatch(/Only 18 of 30 frames.*faster preset/);
  expect(told({ fps: 28 })).toEqual([]);
});

it("a bitrate far from the usual is told with the usual one", () => {
  expect(only({ video_bitrate_bps: 12_000_000 })).toMatch(/12\.00 Mbit\/s is more.*About 3 Mbit\/s is usual/);
  expect(only({ video_bitrate_bps: 300_000 })).toMatch(/300 kbit\/s, little for 1280 × 720.*about 3 Mbit\/s/);
});

it("the usual bitrate is what streaming guides say, give or take", () => {
  const usual = (width: number, height: number, fps: number) =>
    usualBitrate({ ...source, width, height, fps }) / 1e6;
  expect(usual(1280, 720, 30)).toBeCloseTo(3, 0);
  expect(usual(1920, 1080, 30)).toBeGreaterThan(4.5);
  expect(usual(1920, 1080, 60)).toBeLessThan(10);
  expect(usual(640, 360, 30)).toBeLessThan(1.2);
});

it("a bitrate that swings on an unsteady network is told, one that swings with the scene is not", () => {
  const swing = { least: 500_000, most: 3_000_000 };
  expect(only({ arrival_jitter_ms: 200 }, { swing })).toMatch(
    /swings between 500 kbit\/s and 3\.00 Mbit\/s.*CBR/,
  );
  expect(told({}, { swing })).toEqual([]);
  expect(told({ arrival_jitter_ms: 200 }, { swing: { least: 1_000_000, most: 3_000_000 } })).toEqual([]);
});

it("tracks that arrive apart are told, with the one that is late", () => {
  expect(only({ av_skew_ms: 140 })).toMatch(/The picture arrives 140 ms after the sound.*Sync Offset/);
  expect(only({ av_skew_ms: -300 })).toMatch(/The sound arrives 300 ms after the picture/);
  expect(told({ av_skew_ms: -100 })).toEqual([]);
});

it("each kind of new drop has its own remedy", () => {
  expect(only({}, { drops: { malformed: 12 } })).toMatch(/12 frames.*were broken.*another encoder/);
  expect(only({}, { drops: { time_repaired: 5 } })).toMatch(/5 frames.*wrong times.*restart the encoder/);
  expect(only({}, { drops: { audio_overlap: 9 } })).toMatch(/sound runs faster.*9 pieces.*48 kHz/);
});

it("what any session begins with, and a drop or two, alarm nobody", () => {
  expect(
    told({}, { drops: { late_start: 40, empty: 500, malformed: 2, audio_overlap: 1, new_reason: 99 } }),
  ).toEqual([]);
});

it("a sample rate that is not usual is told", () => {
  expect(only({ audio_sample_rate: 22_050 })).toMatch(/22\.1 kHz.*choose 48 kHz/);
  expect(told({ audio_sample_rate: 44_100 })).toEqual([]);
});

it("a codec that not every browser plays is told, gravely only where there is nothing else", () => {
  const hevc = { ...source, codecs: "hvc1.1.6.L93.B0,mp4a.40.2" };
  const both = told({}, { renditions: [hevc, rung] })[0];
  expect([both?.grave, both?.text]).toEqual([false, expect.stringMatching(/HEVC\. Where one does not/)]);
  const alone = told({}, { renditions: [hevc] })[0];
  expect([alone?.grave, alone?.text]).toEqual([true, expect.stringMatching(/HEVC.*choose H\.264/)]);
  expect(only({}, { renditions: [{ ...source, codecs: "av01.0.05M.08,opus" }, rung] })).toMatch(
    /AV1 and Opus/,
  );
});

it("rungs that are not made are the operator's matter, and said so", () => {
  const [high, low] = [
    { ...rung, name: "720p", shed: true },
    { ...rung, shed: true },
  ];
  expect(only({}, { renditions: [source, high, low] })).toMatch(/^720p and 480p are not made.*operator/);
  expect(only({}, { renditions: [source, low] })).toMatch(/^480p is not made/);
});

it("rungs that fall behind are the operator's matter too", () => {
  expect(only({}, { renditions: [source, { ...rung, lag_ms: 5_000 }] })).toMatch(
    /^480p does not keep up.*operator/,
  );
  expect(only({}, { drops: { transcoder_behind: 30 } })).toMatch(/^The lower qualities do not keep up/);
});

it("an encoder of the server that was started again is told", () => {
  expect(only({}, { restarts: 1 })).toMatch(/failed and was started again.*operator/);
});

it("what viewers notice most comes first", () => {
  expect(
    codes({ fps: 18, keyframe_interval_ms: 8_333, arrival_jitter_ms: 900, audio_bitrate_bps: 0 }),
  ).toEqual(["no-sound", "upload-unsteady", "few-frames", "long-keyframes"]);
});
