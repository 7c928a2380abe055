/** What pushed events say of one's own channel. Pure. */
import type { OwnStream, Stream } from "../api/contract";
import type { Pushed } from "./event-hub";

/** True when the event tells of another state, or another broadcast, than is known of this channel. */
export function isAnotherState(stream: Stream | undefined, pushed: Pushed): boolean {
  if (!stream || pushed.event !== "state" || pushed.data.channel_id !== stream.id) return false;
  const { state, broadcast_id } = pushed.data;
  const other = broadcast_id && stream.live && stream.live.broadcast_id !== broadcast_id;
  return state !== stream.state || Boolean(other);
}

/** Without the refusals from before the present broadcast: they are settled, also once it has ended. */
export function withoutSettled(own: OwnStream): OwnStream {
  const since = own.live ? Date.parse(own.live.started_at) : Number.NEGATIVE_INFINITY;
  const settled = own.refusals?.some((refusal) => Date.parse(refusal.at) < since);
  if (!settled) return own;
  return { ...own, refusals: own.refusals?.filter((refusal) => Date.parse(refusal.at) >= since) ?? [] };
}
