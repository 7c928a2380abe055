/** What the dashboard says about the channel's state, and what to do next. Pure. */
import { msg, t } from "@lingui/core/macro";
import type { Shown } from "../../live/stream-state";

/** While the page cannot be told anything, it knows nothing of the present. */
export const UNKNOWN = msg`No connection to the server. Your encoder may well be live; this page follows as soon as it can.`;

/** `keys`: how many the broadcaster has; undefined while that is not known. */
export function stateWords(shown: Shown, keys: number | undefined): string {
  switch (shown) {
    case "starting":
      return t`Your encoder is connected. The first picture is on its way.`;
    case "live":
      return t`You are live.`;
    case "reconnecting":
      return t`Your encoder lost the connection. Viewers wait while it tries again.`;
    case "ended":
      return keys === 0
        ? t`The broadcast has ended. Create a key for the next one.`
        : t`The broadcast has ended. Press Start Streaming in OBS for the next one.`;
    case "offline":
      if (keys === undefined) return t`You are offline.`;
      return keys === 0
        ? t`You are offline. Three steps and you are live.`
        : t`Waiting for your encoder. Server and key are below.`;
  }
}
