/** Tells the system what is on for as long as the component lives. */
import { useEffect } from "react";
import type { PlayerEngine } from "./engine";
import { ownPictures, type Playing, steerBySystem } from "./media-session";
import type { PlayerSnapshot } from "./snapshot";

/** `playing`: null where the system is to be told nothing. */
export function useMediaSession(
  engine: PlayerEngine,
  playing: Playing | null,
  phase: PlayerSnapshot["phase"],
) {
  const session = playing && "mediaSession" in navigator ? navigator.mediaSession : null;
  useEffect(() => (session ? steerBySystem(session, engine) : undefined), [session, engine]);

  const { title = "", artist = "", pictures = [] } = playing ?? {};
  const pictured = pictures.join(" ");
  useEffect(() => {
    if (!session) return;
    const artwork = ownPictures(pictured.split(" "), location.href).map((src) => ({ src }));
    session.metadata = new MediaMetadata({ title, artist, artwork });
  }, [session, title, artist, pictured]);

  useEffect(() => {
    if (session) session.playbackState = phase === "paused" ? "paused" : "playing";
  }, [session, phase]);
}
