/**
 * The course of the last half hour: what this page was told since it was opened, by ten seconds, and before that the minutes that the server
 * keeps. Pure; time is an argument, in Unix milliseconds.
 */
import type { Health, Rendition } from "../../api/contract";
import type { CoursePoint } from "../../api/history";

/** What one point of this page's own stands for. */
const BUCKET_MS = 10_000;
export const SHOWN_MS = 30 * 60_000;

interface Bucket {
  at: number;
  looks: number;
  bitrate: number;
  fps: number;
  jitter: number;
  lag: number;
  dropped: number;
  viewers: number;
  peak: number;
}

export class RecentCourse {
  private buckets: Bucket[] = [];
  private dropped: number | null = null;
  private broadcast: string | null = null;

  /** Another broadcast, or none: what was is not its course. */
  of(broadcast: string | null): void {
    if (broadcast === this.broadcast) return;
    this.broadcast = broadcast;
    this.buckets = [];
    this.dropped = null;
  }

  /** What was pushed at that time. */
  see(at: number, health: Health, renditions: Rendition[], viewers: number): void {
    const bucket = this.bucket(at);
    bucket.looks += 1;
    bucket.bitrate += (health.video_bitrate_bps ?? 0) + (health.audio_bitrate_bps ?? 0);
    bucket.fps += health.fps ?? 0;
    bucket.jitter = Math.max(bucket.jitter, health.arrival_jitter_ms ?? 0);
    for (const { shed, lag_ms = 0 } of renditions) if (!shed) bucket.lag = Math.max(bucket.lag, lag_ms);
    bucket.viewers += viewers;
    bucket.peak = Math.max(bucket.peak, viewers);
    const total = health.frames_dropped ?? 0;
    // Fewer than before: the encoder's next session counts anew. Before the first look nobody knows when.
    if (this.dropped !== null) bucket.dropped += total < this.dropped ? total : total - this.dropped;
    this.dropped = total;
  }

  /** The half hour before `now`; `stored` are the server's minutes, each of `spanMs`. */
  points(stored: CoursePoint[], spanMs: number, now: number): CoursePoint[] {
    const own = this.buckets.map(point);
    const before = stored.filter((minute) => {
      const at = Date.parse(minute.at);
      const within = own.find((one) => Date.parse(one.at) >= at && Date.parse(one.at) < at + spanMs);
      if (within) within.reconnects += minute.reconnects;
      return !within;
    });
    const points = [...before, ...own]
      .filter(({ at }) => Date.parse(at) > now - SHOWN_MS)
      .sort((a, b) => Date.parse(a.at) - Date.parse(b.at));
    return withGaps(points, new Set(own), spanMs);
  }

  private bucket(now: number): Bucket {
    const at = now - (now % BUCKET_MS);
    const last = this.buckets.at(-1);
    if (last && last.at >= at) return last;
    const made = { at, looks: 0, bitrate: 0, fps: 0, jitter: 0, lag: 0, dropped: 0, viewers: 0, peak: 0 };
    this.buckets = [...this.buckets.filter((one) => one.at > at - SHOWN_MS), made];
    return made;
  }
}

/** With a point of which nothing is known behind each that the next one does not follow: nothing was measured between them. */
function withGaps(points: CoursePoint[], own: Set<CoursePoint>, spanMs: number): CoursePoint[] {
  return points.flatMap((one, n) => {
    const next = points[n + 1];
    if (!next) return [one];
    const until = Date.parse(one.at) + (own.has(one) && own.has(next) ? BUCKET_MS : spanMs);
    // The server keeps a minute when it is over: the one in which this page was opened comes later.
    const late = !own.has(one) && own.has(next) ? spanMs : BUCKET_MS;
    return Date.parse(next.at) > until + late ? [one, unknown(until)] : [one];
  });
}

function unknown(at: number): CoursePoint {
  return {
    at: new Date(at).toISOString(),
    viewers: null,
    peak_viewers: 0,
    messages: 0,
    bitrate_bps: null,
    fps: null,
    arrival_jitter_ms: 0,
    lag_ms: 0,
    frames_dropped: 0,
    reconnects: 0,
  };
}

function point(bucket: Bucket): CoursePoint {
  const average = (sum: number) => sum / bucket.looks;
  return {
    at: new Date(bucket.at).toISOString(),
    viewers: average(bucket.viewers),
    peak_viewers: bucket.peak,
    messages: 0,
    bitrate_bps: Math.round(average(bucket.bitrate)),
    fps: average(bucket.fps),
    arrival_jitter_ms: bucket.jitter,
    lag_ms: bucket.lag,
    frames_dropped: bucket.dropped,
    reconnects: 0,
  };
}
