/** The figures of the stats panel: read from the playing element and hls.js, and put into lines. It only reads. */
import { t } from "@lingui/core/macro";
import { codecNames } from "../ui/codec-names";
import { bitrate, fps, number, oneDigit } from "../ui/figures";
import { declared } from "./cost";
import type { PlayerEngine } from "./engine";

/** What is known at one moment; null: not known. */
export interface Reading {
  /** Seconds, of any steady clock. */
  now: number;
  width: number;
  height: number;
  rendition: string | null;
  codecs: string | null;
  /** What the rendition takes now, what it needs at most, and what the connection is estimated to carry, bit/s. */
  takes: number | null;
  bitrate: number | null;
  bandwidth: number | null;
  /** Pictures since the start, and those of them that were not shown. */
  frames: number | null;
  dropped: number | null;
  /** Seconds in hand, aimed for, and behind the live edge. */
  ahead: number;
  target: number;
  behind: number;
  rate: number;
  stalls: number;
  /** Who reads the list, and how: in parts of so many seconds, in whole segments (for now, or because there are no parts), or the browser by itself. */
  protocol: { parts: number } | "plain" | "segments" | "native";
  broadcast: string | null;
}

type Read = Pick<PlayerEngine, "measures" | "inside" | "snapshot">;

export function read(
  engine: Read,
  video: Pick<HTMLVideoElement, "videoWidth" | "videoHeight"> &
    Partial<Pick<HTMLVideoElement, "getVideoPlaybackQuality">>,
  broadcast: string | null,
  now: number,
): Reading {
  const { hls, stalls, plain, takes } = engine.inside;
  const parts = hls?.latestLevelDetails?.partTarget;
  const { playing, qualities } = engine.snapshot();
  const level = hls?.levels[playing];
  const quality = video.getVideoPlaybackQuality?.();
  const { ahead, target, behind, rate } = engine.measures;
  return {
    now,
    width: video.videoWidth,
    height: video.videoHeight,
    rendition: qualities.find(({ index }) => index === playing)?.name ?? null,
    codecs: [level?.videoCodec, level?.audioCodec].filter(Boolean).join(", ") || null,
    takes,
    bitrate: (level && declared(level)) || null,
    bandwidth: hls?.bandwidthEstimate || null,
    frames: quality?.totalVideoFrames ?? null,
    dropped: quality?.droppedVideoFrames ?? null,
    ahead: Math.max(0, ahead),
    target,
    behind,
    rate,
    stalls,
    protocol: !hls ? "native" : plain ? "plain" : parts ? { parts } : "segments",
    broadcast,
  };
}

/** Pictures a second between two readings; null where they tell none, as after a new start. */
export function pace(before: Reading | null, { now, frames }: Reading): number | null {
  if (frames === null || before === null || before.frames === null) return null;
  const seconds = now - before.now;
  return seconds > 0 && frames >= before.frames ? (frames - before.frames) / seconds : null;
}

export interface Line {
  id: string;
  name: string;
  value: string;
}

/** As lines for people; what is not known has a dash. */
export function lines(before: Reading | null, at: Reading): Line[] {
  const none = "–";
  const size = at.width ? `${at.width} × ${at.height}` : none;
  const paced = pace(before, at);
  const dropped = at.dropped === null ? none : number(at.dropped);
  const line = (id: string, name: string, value: string | null) => ({ id, name, value: value ?? none });
  return [
    // Of what is decoded, and what hls.js takes it for: where one rung goes over into another one, one of them is ahead.
    line("picture", t`Picture`, size),
    line("rendition", t`Rendition`, at.rendition === "source" ? t`Source` : at.rendition),
    line("codecs", t`Codecs`, at.codecs && `${codecNames(at.codecs)} (${at.codecs})`),
    line("bitrate", t`This quality takes`, takesWords(at)),
    line("bandwidth", t`Your connection carries about`, at.bandwidth ? bitrate(at.bandwidth) : null),
    line("frames", t`Pictures a second, dropped`, `${(paced && fps(Math.round(paced))) || none}, ${dropped}`),
    line("ahead", t`In hand, aimed for`, `${seconds(at.ahead)}, ${seconds(at.target)}`),
    line("behind", t`Behind live`, seconds(at.behind)),
    line("rate", t`Speed`, `${number(at.rate, { minimumFractionDigits: 2, maximumFractionDigits: 2 })}×`),
    line("stalls", t`Stalls`, number(at.stalls)),
    line("protocol", t`Protocol`, protocolWords(at.protocol)),
    line("broadcast", t`Broadcast`, at.broadcast),
  ];
}

function takesWords({ takes, bitrate: most }: Reading): string | null {
  const now = takes && bitrate(takes);
  if (!most) return now || null;
  const limit = bitrate(most);
  return now ? t`${now}, up to ${limit}` : t`up to ${limit}`;
}

function protocolWords(protocol: Reading["protocol"]): string {
  if (protocol === "native") return t`HLS, played by the browser itself`;
  if (protocol === "plain") return t`Plain HLS for now, whole segments: parts did not arrive`;
  if (protocol === "segments") return t`HLS, whole segments`;
  const length = number(protocol.parts, { maximumFractionDigits: 3 });
  return t`Low-Latency HLS, parts of ${length} s`;
}

function seconds(value: number): string {
  const shown =
    value < 10 ? number(value, { minimumFractionDigits: 2, maximumFractionDigits: 2 }) : oneDigit(value);
  return t`${shown} s`;
}
