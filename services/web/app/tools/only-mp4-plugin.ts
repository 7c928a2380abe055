/**
 * Takes out of hls.js what no stream of this platform needs: it serves fragmented MP4 alone (ADR 0001), and no content steering. The demuxers
 * of MPEG-TS, AAC and MP3, and the writer of MP4 that they feed, are a seventh of it, all before the first picture. What is left out has no
 * switch, so the build takes it from the text of the release that `package.json` names, and fails where that reads otherwise.
 */
import type { Plugin } from "vite";

/** Ends of module names. */
const HLS = "/hls.js/dist/hls.light.mjs";

const demuxer = (name: string) => `, {\n  demux: ${name},\n  remux: MP4Remuxer\n}`;
/** What is there once, and what is there instead. */
const CUTS: readonly (readonly [string, string])[] = [
  [demuxer("TSDemuxer"), ""],
  [demuxer("AACDemuxer"), ""],
  [demuxer("MP3Demuxer"), ""],
  ["TSDemuxer.probe(initSegmentData, this.logger)", "false"],
  ["contentSteeringController: ContentSteeringController ,", "contentSteeringController: undefined,"],
];

/** hls.js without it. Throws if one of these is not there exactly once. */
export function onlyMp4Of(code: string): string {
  for (const [text, instead] of CUTS) {
    const parts = code.split(text);
    if (parts.length !== 2)
      throw new Error(`hls.js has this ${parts.length - 1} times, once is expected: ${text}`);
    code = parts.join(instead);
  }
  return code;
}

export function onlyMp4(): Plugin {
  return {
    name: "only-mp4",
    apply: "build",
    transform(code, id) {
      return id.endsWith(HLS) ? { code: onlyMp4Of(code), map: null } : null;
    },
  };
}
