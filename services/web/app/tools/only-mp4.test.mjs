/** What is taken out of hls.js goes whole, and a release that reads otherwise is refused. */
import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { onlyMp4, onlyMp4Of } from "./only-mp4-plugin.ts";

const id = "/app/node_modules/hls.js/dist/hls.light.mjs";
const code = readFileSync(new URL("../node_modules/hls.js/dist/hls.light.mjs", import.meta.url), "utf8");

it("leaves the demuxer of MP4 alone among those that hls.js tries", () => {
  const left = onlyMp4().transform(code, id).code;
  expect(left).toContain("const muxConfig = [{\n  demux: MP4Demuxer,\n  remux: PassThroughRemuxer\n}];");
  expect(left).not.toMatch(/\bnew TSDemuxer\b|TSDemuxer\.probe\(init/);
});

it("touches nothing else", () => {
  expect(onlyMp4().transform(code, "/app/src/player/engine.ts")).toBeNull();
});

it("fails where a text is missing or is there twice", () => {
  expect(() => onlyMp4Of(code.replace("demux: AACDemuxer", "demux: OtherDemuxer"))).toThrow(
    "0 times, once is expected",
  );
  expect(() => onlyMp4Of(code + code)).toThrow("2 times, once is expected");
});
