/** In which order followed channels are shown, which of them are live, and who else is. Pure. */
import type { Stream } from "../api/contract";

export interface Known {
  stream: Stream;
  live: boolean;
}

/**
 * Who is live first, each half in the order it came. What is pushed of the directory is newer than the list; it says nothing of
 * channels that are not public, of which the list's word holds.
 */
export function byLiveness(followed: Stream[], directory: Stream[]): Known[] {
  const onAir = new Map(directory.map((stream) => [stream.id, stream]));
  const known = followed.map((stream) => {
    const listed = (stream.visibility ?? "public") === "public";
    return {
      stream: onAir.get(stream.id) ?? stream,
      live: onAir.has(stream.id) || (!listed && (stream.state === "live" || stream.state === "reconnecting")),
    };
  });
  return [...known.filter((one) => one.live), ...known.filter((one) => !one.live)];
}

/** Who of the directory is not among those that are shown already. */
export function besides(shown: Known[], directory: Stream[]): Stream[] {
  const ids = new Set(shown.map(({ stream }) => stream.id));
  return directory.filter(({ id }) => !ids.has(id));
}
