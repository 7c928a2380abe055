/** The one warm mark. Solid while live, outlined while the broadcaster is away or getting ready, or where it is a test that few see. */
import type { MessageDescriptor } from "@lingui/core";
import { msg, t } from "@lingui/core/macro";
import { say } from "../language/say";
import type { Shown } from "../live/stream-state";

export const STATES: Record<Shown, MessageDescriptor> = {
  live: msg`LIVE`,
  starting: msg`STARTING`,
  reconnecting: msg`RECONNECTING`,
  ended: msg`ENDED`,
  offline: msg`OFFLINE`,
};

export function LiveBadge({ state, test = false }: { state: Shown; test?: boolean }) {
  const look = test
    ? "border border-warn text-warn"
    : state === "live"
      ? "bg-live-fill text-white"
      : "border border-line bg-raised text-quiet";
  return (
    <span
      className={`inline-flex h-5 items-center rounded-[4px] px-1.5 text-xs font-semibold tracking-wide whitespace-nowrap ${look}`}
    >
      {test && t`TEST`}
      {test && state !== "live" && " · "}
      {(!test || state !== "live") && say(STATES[state])}
    </span>
  );
}
