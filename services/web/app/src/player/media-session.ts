/**
 * What the system shows and does about the picture: lock screens, headphones, media keys, the browser's own small controls. Pure but for the
 * session that it is given.
 */
import type { PlayerEngine } from "./engine";
import { STEP } from "./keys";

/** What is on: a live broadcast has no length, so no position is told. */
export interface Playing {
  title: string;
  /** Whose channel it is. */
  artist: string;
  /** Addresses of pictures, the best first. */
  pictures: Array<string | null | undefined>;
}

type Steered = Pick<PlayerEngine, "play" | "togglePlay" | "skip" | "jumpToLive" | "snapshot">;

/** Pictures of this page's own origin; another one's would tell it who watches. */
export function ownPictures(pictures: Playing["pictures"], page: string): string[] {
  return pictures
    .filter((picture): picture is string => !!picture)
    .map((picture) => new URL(picture, page))
    .filter(({ origin }) => origin === new URL(page).origin)
    .map(({ href }) => href);
}

/** Hands the system's keys to the player until the returned function is called. */
export function steerBySystem(session: MediaSession, engine: Steered): () => void {
  const pause = () => {
    if (engine.snapshot().phase !== "paused") engine.togglePlay();
  };
  const deeds: Array<[MediaSessionAction, MediaSessionActionHandler]> = [
    ["play", () => engine.play()],
    ["pause", pause],
    ["seekbackward", ({ seekOffset }) => engine.skip(-(seekOffset ?? STEP.large))],
    ["seekforward", ({ seekOffset }) => engine.skip(seekOffset ?? STEP.large)],
    // The end of what there is: live.
    ["nexttrack", () => engine.jumpToLive()],
  ];
  for (const [action, handler] of deeds) setHandler(session, action, handler);
  return () => {
    for (const [action] of deeds) setHandler(session, action, null);
    session.metadata = null;
    session.playbackState = "none";
  };
}

/** A browser that does not know an action says so by an error. */
function setHandler(
  session: MediaSession,
  action: MediaSessionAction,
  handler: MediaSessionActionHandler | null,
) {
  try {
    session.setActionHandler(action, handler);
  } catch {
    // It has no key for that.
  }
}
