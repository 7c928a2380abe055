/** Advice, in words. */
import { expect, it } from "vitest";
import type { Health } from "../../api/contract";
import { advice } from "./coach";

const source = { name: "source", width: 1280, height: 720, fps: 30, bitrate_bps: 1, codecs: "" };

it("a healthy stream needs no advice", () => {
  expect(advice({ fps: 29.97, keyframe_interval_ms: 2_000, av_skew_ms: 4 }, source)).toEqual([]);
  expect(advice(null, source)).toEqual([]);
});

it("a stock OBS is told about its keyframe interval, exactly", () => {
  expect(advice({ keyframe_interval_ms: 8_333 }, source)[0]?.text).toMatch(
    /every 8\.3 s.*Keyframe Interval to 2 s/,
  );
});

it("lost frames come before lesser matters", () => {
  expect(advice({ fps: 18, keyframe_interval_ms: 8_333 }, source).map((a) => a.grave)).toEqual([true, false]);
});

it("a picture without sound is not well", () => {
  const text = (health: Health) => advice(health, source).map((a) => a.text);
  const silent = { video_bitrate_bps: 2_000_000, audio_bitrate_bps: 0 };
  expect(text({ ...silent, audio_sample_rate: 0 })[0]).toMatch(/No sound arrives/);
  expect(text({ ...silent, audio_sample_rate: 48_000 })[0]).toMatch(/No sound arrives/);
  expect(text({ ...silent, audio_bitrate_bps: 128_000, audio_sample_rate: 48_000 })).toEqual([]);
  expect(text({ video_bitrate_bps: 0, audio_bitrate_bps: 0, audio_sample_rate: 0 })).toEqual([]);
});
