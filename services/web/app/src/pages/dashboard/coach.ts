/**
 * Advice from what arrives, in sentences with a remedy: one rule a condition, the most important first. Pure. Whether a
 * condition has held long enough to be said is `coach-memory`'s matter.
 */
import { plural, t } from "@lingui/core/macro";
import type { Health, Rendition } from "../../api/contract";
import { codecNames } from "../../ui/codec-names";
import { bitrate, list, number, oneDigit } from "../../ui/figures";

export interface Advice {
  /** Names the condition; the words may change while it holds. */
  code: string;
  /** Viewers notice it. */
  grave: boolean;
  text: string;
}

/** What can be known at a moment. */
export interface Sight {
  health: Health;
  /** The source first. */
  renditions: Rendition[];
  /** New drops of the last half minute, by reason. */
  drops: Record<string, number>;
  /** Times the transcoder was replaced in the last minutes. */
  restarts: number;
  /** Least and most of the video bitrate over the last minute, without the tenth at either end. */
  swing: { least: number; most: number } | null;
}

/** A viewer loads from the last keyframe on, and a broken picture waits for the next; stock OBS sends one every 8.3 s. */
const LONG_KEYFRAMES_MS = 4_000;
/** Tracks that arrive further apart than this keep players waiting for the later one. */
const SKEW_MS = 100;
/** Later than our player's buffer forgives. */
const JITTER_MS = 400;
/** Enough to tell a network's swing from a picture's that changes. */
const SWING_JITTER_MS = 150;
const SWING = 4;
/** Share of the frames that must arrive. */
const ENOUGH_FRAMES = 0.9;
/** A rung further behind the source than this is not keeping up. */
const LAG_MS = 3_000;
const FEW_DROPS = 3;
/** Of the usual bitrate. A still picture needs little, so the lower bound is far down. */
const FAR_BELOW = 0.15;
const FAR_ABOVE = 2.5;

/** Bits a second that are usual for H.264 of this size: 3 Mbit/s for 720p30, more for more pixels, but less than in proportion. */
export function usualBitrate(source: Rendition): number {
  const perSecond = source.width * source.height * (source.fps || 30);
  return 7.9 * perSecond ** 0.75;
}

type Rule = (sight: Sight, source: Rendition | undefined) => Omit<Advice, "code"> | null;

const RULES: Record<string, Rule> = {
  "no-video": ({ health }, source) =>
    source?.height && health.audio_bitrate_bps && health.video_bitrate_bps === 0
      ? {
          grave: true,
          text: t`Sound arrives, but no picture. Check in OBS that your scene shows something, or stop the stream and start it again.`,
        }
      : null,

  // While neither is measured yet, nothing can be said.
  "no-sound": ({ health }) =>
    health.video_bitrate_bps && (health.audio_sample_rate === 0 || health.audio_bitrate_bps === 0)
      ? { grave: true, text: t`No sound arrives. If viewers should hear you, check the Audio Mixer in OBS.` }
      : null,

  "upload-unsteady": ({ health }) => {
    const late = health.arrival_jitter_ms ?? 0;
    if (late < JITTER_MS) return null;
    const seconds = oneDigit(late / 1_000);
    return {
      grave: true,
      text: t`The upload is unsteady: frames come up to ${seconds} s late. In OBS, lower the bitrate, or turn on “Dynamically change bitrate” under Settings → Advanced. A network cable is steadier than Wi-Fi.`,
    };
  },

  "few-frames": ({ health }, source) =>
    source?.fps && health.fps && health.fps < source.fps * ENOUGH_FRAMES
      ? { grave: true, text: fewFrames(number(Math.round(health.fps)), number(Math.round(source.fps))) }
      : null,

  "bitrate-high": ({ health }, source) => {
    const now = health.video_bitrate_bps ?? 0;
    if (!source?.height || now < usualBitrate(source) * FAR_ABOVE) return null;
    const [high, usual, size] = [bitrate(now), about(usualBitrate(source)), sizeOf(source)];
    return {
      grave: true,
      text: t`${high} is more than many viewers can receive. About ${usual} is usual for ${size}: lower the bitrate in OBS under Settings → Output.`,
    };
  },

  "bitrate-swings": ({ health, swing }) =>
    swing && swing.most > swing.least * SWING && (health.arrival_jitter_ms ?? 0) > SWING_JITTER_MS
      ? { grave: false, text: swings(bitrate(swing.least), bitrate(swing.most)) }
      : null,

  "bitrate-low": ({ health }, source) => {
    const now = health.video_bitrate_bps ?? 0;
    if (!source?.height || now === 0 || now > usualBitrate(source) * FAR_BELOW) return null;
    const [low, usual, size] = [bitrate(now), about(usualBitrate(source)), sizeOf(source)];
    return {
      grave: false,
      text: t`The picture takes ${low}, little for ${size}. That is right for a still picture; for movement, set about ${usual} in OBS under Settings → Output.`,
    };
  },

  "long-keyframes": ({ health }) => {
    const interval = health.keyframe_interval_ms ?? 0;
    if (interval <= LONG_KEYFRAMES_MS) return null;
    const seconds = oneDigit(interval / 1_000);
    return {
      grave: false,
      text: t`Keyframes come every ${seconds} s, so pictures start and recover slowly. In OBS, Settings → Output, set Keyframe Interval to 2 s.`,
    };
  },

  apart: ({ health }) => {
    const skew = Math.round(health.av_skew_ms ?? 0);
    if (Math.abs(skew) <= SKEW_MS || !health.video_bitrate_bps || !health.audio_bitrate_bps) return null;
    const ms = number(Math.abs(skew));
    const what =
      skew > 0
        ? t`The picture arrives ${ms} ms after the sound it belongs to.`
        : t`The sound arrives ${ms} ms after the picture it belongs to.`;
    return {
      grave: true,
      text: t`${what} Look for a large Sync Offset under Advanced Audio Properties in OBS, or start the stream again.`,
    };
  },

  malformed: ({ drops }) =>
    dropped(drops.malformed, true, (n) =>
      plural(n, {
        other:
          "# frames of the last half minute were broken and left out. Restart the encoder; if it goes on, choose another encoder in OBS under Settings → Output.",
      }),
    ),

  "time-repaired": ({ drops }) =>
    dropped(drops.time_repaired, false, (n) =>
      plural(n, {
        other:
          "# frames of the last half minute had wrong times, which were mended. If the picture stutters, restart the encoder.",
      }),
    ),

  "audio-overlap": ({ drops }) =>
    dropped(
      drops.audio_overlap,
      true,
      (n) =>
        t`The sound runs faster than its clock: ${n} pieces were left out in the last half minute. Set the same sample rate, 48 kHz, in OBS under Settings → Audio and in your system.`,
    ),

  "sample-rate": ({ health }) => {
    const rate = health.audio_sample_rate ?? 0;
    if (rate === 0 || rate === 44_100 || rate === 48_000) return null;
    const kilohertz = oneDigit(rate / 1_000);
    return {
      grave: false,
      text: t`The sound has ${kilohertz} kHz, which not every player takes. In OBS, Settings → Audio, choose 48 kHz.`,
    };
  },

  "unusual-codec": ({ renditions }, source) => {
    const unusual = codecNames(source?.codecs ?? "")
      .split(", ")
      .filter((name) => name && !/^(H\.264|AAC)/.test(name));
    if (unusual.length === 0) return null;
    const names = list(unusual);
    const others = renditions.some((r) => r !== source && !r.shed);
    return {
      grave: !others,
      text: others
        ? t`Not every browser plays ${names}. Where one does not, its viewer gets a lower quality.`
        : t`Not every browser plays ${names}. For all viewers, choose H.264 video and AAC audio in OBS under Settings → Output.`,
    };
  },

  shed: ({ renditions }) => {
    const away = renditions.filter((r) => r.shed).map((r) => r.name);
    if (away.length === 0) return null;
    const names = list(away);
    const what = plural(away.length, {
      one: `${names} is not made at present: the server has no room for more.`,
      other: `${names} are not made at present: the server has no room for more.`,
    });
    return {
      grave: false,
      text: t`${what} Viewers have the other qualities. Only this server's operator can change that.`,
    };
  },

  behind: ({ renditions, drops }) => {
    const late = renditions.filter((r) => !r.shed && (r.lag_ms ?? 0) > LAG_MS).map((r) => r.name);
    if (late.length === 0 && (drops.transcoder_behind ?? 0) < FEW_DROPS) return null;
    const names = list(late);
    const what =
      late.length > 0
        ? plural(late.length, {
            one: `${names} does not keep up: the server is busy.`,
            other: `${names} do not keep up: the server is busy.`,
          })
        : t`The lower qualities do not keep up: the server is busy.`;
    return {
      grave: false,
      text: t`${what} What you send, “source”, arrives as it is. Only this server's operator can change that.`,
    };
  },

  restarted: ({ restarts }) =>
    restarts > 0
      ? {
          grave: false,
          text: t`The server's encoder failed and was started again; the lower qualities had a gap. If it happens often, tell this server's operator.`,
        }
      : null,
};

/** Everything that holds at this moment, the most important first. */
export function conditions(sight: Sight): Advice[] {
  const source = sight.renditions.find((r) => r.name === "source") ?? sight.renditions[0];
  return Object.entries(RULES).flatMap(([code, rule]) => {
    const found = rule(sight, source);
    return found ? [{ code, ...found }] : [];
  });
}

function dropped(count: number | undefined, grave: boolean, words: (n: number) => string) {
  return (count ?? 0) >= FEW_DROPS ? { grave, text: words(count ?? 0) } : null;
}

const fewFrames = (come: string, wanted: string) =>
  t`Only ${come} of ${wanted} frames a second arrive. The encoder or the upload is too slow: choose a faster preset or a smaller resolution in OBS under Settings → Output, or lower the bitrate.`;

const swings = (least: string, most: string) =>
  t`The bitrate swings between ${least} and ${most}. In OBS, choose the rate control CBR and a bitrate that your upload holds all the time.`;

const sizeOf = ({ width, height }: Rendition) => `${width} × ${height}`;

/** Half a megabit more or less makes no difference. */
function about(bps: number): string {
  if (bps < 1_000_000) return `${Math.round(bps / 100_000) * 100} kbit/s`;
  return `${number(Math.round(bps / 500_000) / 2)} Mbit/s`;
}
