/** What stands in the place of advice while there is none. Pure. */
import { t } from "@lingui/core/macro";
import type { ChannelState } from "../../api/contract";
import type { Arriving } from "./use-coach";

/** Figures come every second; older ones say nothing of the present. */
const STALE_MS = 8_000;

export interface Words {
  /** Null: the coach's advice is to be shown. */
  say: string | null;
  good: boolean;
  /** The figures are of the past. */
  stale: boolean;
}

export function arrivalWords(
  state: ChannelState,
  arriving: Arriving | null,
  down: boolean,
  now: number,
): Words {
  const waiting = (say: string): Words => ({ say, good: false, stale: true });
  if (down) return waiting(t`No figures: this page has no connection to the server.`);
  if (state === "reconnecting") return waiting(t`Nothing arrives right now.`);
  if (!arriving) return waiting(t`Waiting for the first figures.`);
  if (now - arriving.at > STALE_MS) return waiting(t`No new figures for some seconds.`);
  if (arriving.advice.length > 0) return { say: null, good: false, stale: false };
  return { say: t`Everything arrives as it should.`, good: true, stale: false };
}
