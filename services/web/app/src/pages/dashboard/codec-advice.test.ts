/** Advice on codecs, in words. */
import { expect, it } from "vitest";
import { codecAdvice } from "./codec-advice";

const rendition = (name: string, codecs: string) => ({
  name,
  width: 1280,
  height: 720,
  fps: 30,
  bitrate_bps: 1,
  codecs,
});

it("a source that not every browser plays needs a rendition beside it", () => {
  const hevc = rendition("source", "hvc1.1.6.L93.90,mp4a.40.2");
  expect(codecAdvice([hevc])[0]?.text).toMatch(/HEVC Main, AAC alone.*Choose H\.264/);
  expect(codecAdvice([hevc, rendition("480p", "avc1.64001f,mp4a.40.2")])).toEqual([]);
});

it("H.264 needs none, and before the first report nothing is said", () => {
  expect(codecAdvice([rendition("source", "avc1.64001f,mp4a.40.2")])).toEqual([]);
  expect(codecAdvice([rendition("source", "avc1.64001f")])).toEqual([]);
  expect(codecAdvice([rendition("source", "")])).toEqual([]);
  expect(codecAdvice([])).toEqual([]);
});
