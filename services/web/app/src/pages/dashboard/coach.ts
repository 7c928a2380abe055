/** Advice from what arrives: at most a few sentences, the gravest first. Pure. */
import type { Health, Rendition } from "../../api/contract";

export interface Advice {
  grave: boolean;
  text: string;
}

/** A viewer loads from the last keyframe on, and a broken picture waits for the next; stock OBS sends one every 8.3 s. */
const LONG_KEYFRAMES_MS = 4_000;
const SKEW_MS = 150;

/** A picture arrives and no sound with it. While neither is measured yet, nothing can be said. */
function isSilent(health: Health): boolean {
  if (!health.video_bitrate_bps) return false;
  return health.audio_sample_rate === 0 || health.audio_bitrate_bps === 0;
}

export function advice(health: Health | null, source: Rendition | undefined): Advice[] {
  const out: Advice[] = [];
  if (!health) return out;
  if (isSilent(health)) {
    out.push({
      grave: true,
      text: "No sound arrives. If viewers should hear you, check the Audio Mixer in OBS.",
    });
  }
  const interval = health.keyframe_interval_ms ?? 0;
  if (interval > LONG_KEYFRAMES_MS) {
    const seconds = (interval / 1_000).toFixed(1);
    out.push({
      grave: false,
      text: `Keyframes come every ${seconds} s, so pictures start and recover slowly. In OBS, Settings → Output, set Keyframe Interval to 2 s.`,
    });
  }
  if (source && health.fps !== undefined && source.fps > 0 && health.fps < source.fps * 0.9) {
    out.push({
      grave: true,
      text: `Only ${health.fps.toFixed(0)} of ${source.fps.toFixed(0)} frames a second arrive. The upload or the encoder is too slow: lower the bitrate or the resolution.`,
    });
  }
  if (health.av_skew_ms !== undefined && Math.abs(health.av_skew_ms) > SKEW_MS) {
    const late = health.av_skew_ms > 0 ? "behind" : "ahead of";
    out.push({
      grave: true,
      text: `Sound runs ${Math.abs(Math.round(health.av_skew_ms))} ms ${late} the picture. Check the audio sync offset in OBS.`,
    });
  }
  return out.sort((a, b) => Number(b.grave) - Number(a.grave));
}
