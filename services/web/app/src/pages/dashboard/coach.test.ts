/** Advice and refusals, in words. */
import { expect, it } from "vitest";
import { advice } from "./coach";
import { refusalWords } from "./refusal-words";

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

it("every refusal says what to do, also one with an unknown code", () => {
  expect(refusalWords({ code: "key_revoked", detail: "", at: "", key_name: "OBS" }).why).toMatch(
    /“OBS” was refused/,
  );
  expect(refusalWords({ code: "something_new", detail: "the moon is full", at: "" })).toEqual({
    why: "A publish was refused. The moon is full.",
    remedy: "Check the settings in OBS and start again.",
  });
});
