/** Where the picture, the buffer and the live edge are, in seconds of the media's own time. Reads, never writes. */
import type Hls from "hls.js";

/** Gap that the playhead may be before a buffered range and still be taken to be in it. */
const SLACK = 0.1;

export type Timed = Pick<HTMLVideoElement, "buffered" | "seekable" | "currentTime">;

/** End of the buffered range around the playhead; 0 when there is none. */
export function bufferedEnd({ buffered, currentTime }: Timed): number {
  for (let i = 0; i < buffered.length; i++) {
    if (buffered.start(i) <= currentTime + SLACK && currentTime <= buffered.end(i)) return buffered.end(i);
  }
  return 0;
}

/** End of everything that is buffered; 0 when nothing is. */
export function lastBufferedEnd({ buffered }: Timed): number {
  return buffered.length ? buffered.end(buffered.length - 1) : 0;
}

/** The newest moment known to exist: of the playlist or of the buffer. */
export function liveEdge(video: Timed, hls: Pick<Hls, "latestLevelDetails"> | null): number {
  const details = hls?.latestLevelDetails;
  const { seekable } = video;
  const listed = details ? details.edge : seekable.length ? seekable.end(seekable.length - 1) : 0;
  return Math.max(Number.isFinite(listed) ? listed : 0, lastBufferedEnd(video));
}

/** The oldest moment that can still be had: of the playlist, or what the browser can seek to. */
export function oldestMoment(video: Timed, hls: Pick<Hls, "latestLevelDetails"> | null): number {
  const listed = hls?.latestLevelDetails?.fragmentStart;
  const { seekable } = video;
  const oldest = listed ?? (seekable.length ? seekable.start(0) : Number.NaN);
  return Math.max(0, oldest);
}
