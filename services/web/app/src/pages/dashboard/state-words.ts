/** What the dashboard says about the channel's state, and what to do next. Pure. */
import type { Shown } from "../../live/stream-state";

/** While the page cannot be told anything, it knows nothing of the present. */
export const UNKNOWN =
  "No connection to the server. Your encoder may well be live; this page follows as soon as it can.";

/** `keys`: how many the broadcaster has; undefined while that is not known. */
export function stateWords(shown: Shown, keys: number | undefined): string {
  switch (shown) {
    case "starting":
      return "Your encoder is connected. The first picture is on its way.";
    case "live":
      return "You are live.";
    case "reconnecting":
      return "Your encoder lost the connection. Viewers wait while it tries again.";
    case "ended":
      return keys === 0
        ? "The broadcast has ended. Create a key for the next one."
        : "The broadcast has ended. Press Start Streaming in OBS for the next one.";
    case "offline":
      if (keys === undefined) return "You are offline.";
      return keys === 0
        ? "You are offline. Three steps and you are live."
        : "Waiting for your encoder. Server and key are below.";
  }
}
