/** The one warm mark. Solid while live, outlined while the broadcaster is away or getting ready. */
import type { Shown } from "../live/stream-state";

const WORDS: Record<Shown, string> = {
  live: "LIVE",
  starting: "STARTING",
  reconnecting: "RECONNECTING",
  ended: "ENDED",
  offline: "OFFLINE",
};

export function LiveBadge({ state }: { state: Shown }) {
  const live = state === "live";
  return (
    <span
      className={`inline-flex h-5 items-center rounded-[4px] px-1.5 text-xs font-semibold tracking-wide ${
        live ? "bg-live-fill text-white" : "border border-line bg-raised text-quiet"
      }`}
    >
      {WORDS[state]}
    </span>
  );
}
