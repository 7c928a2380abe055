/**
 * What goes wrong with a list that the element plays by itself, without hls.js: its errors as the calls that `hls-session` makes of hls.js'. A
 * browser says the same of a list that it cannot play and of one that it did not get, so the server is asked which it is.
 */
import { ANSWER_MS, late, within } from "../api/time-limit";

export interface NativeEvents {
  /** The list is there, and this browser does not play it. */
  onUnplayable: () => void;
  /** Nothing goes on without help. `status`: the server's, 0 where it gave none. */
  onFatal: (kind: "media" | "network", status: number) => void;
}

/** Codes of `MediaError` (HTML, "Error codes"); 1 is what was called off, and no fault. */
const NETWORK = 2;
const DECODE = 3;
const NOT_SUPPORTED = 4;

/** To be called before `url` is given to the element; it listens until `left`. */
export function watchNative(
  video: HTMLVideoElement,
  url: string,
  { onUnplayable, onFatal }: NativeEvents,
  left: AbortSignal,
): void {
  const failed = async () => {
    const code = video.error?.code;
    if (code === NETWORK) onFatal("network", 0);
    else if (code === DECODE) onFatal("media", 0);
    else if (code === NOT_SUPPORTED) {
      const { ok, status } = await answerOf(url, left);
      if (left.aborted) return;
      if (ok) onUnplayable();
      else onFatal("network", status);
    }
  };
  video.addEventListener("error", () => void failed(), { signal: left });
}

/** What the server says of the list now; status 0 where it says nothing. */
async function answerOf(url: string, left: AbortSignal): Promise<{ ok: boolean; status: number }> {
  const ask = async (signal: AbortSignal) => {
    const { ok, status, body } = await fetch(url, { cache: "no-store", signal });
    await body?.cancel();
    return { ok, status };
  };
  try {
    return await within(ANSWER_MS, () => late(true), left, ask);
  } catch {
    return { ok: false, status: 0 };
  }
}
