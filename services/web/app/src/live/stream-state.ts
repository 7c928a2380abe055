/**
 * What pushed events do to the objects that pages show. Pure. `broadcast` follows one channel and knows "ended": a
 * broadcast that this page has seen running and that stopped.
 */
import type { ChannelState, Stream } from "../api/contract";
import type { Pushed } from "./event-hub";

/** The channel after an event; the same object when the event is about something else. */
export function streamAfter(stream: Stream, pushed: Pushed): Stream {
  switch (pushed.event) {
    case "stream":
      return pushed.data.id === stream.id ? withPlayback(stream, pushed.data) : stream;
    case "directory":
      return "id" in pushed.data && pushed.data.id === stream.id ? { ...stream, ...pushed.data } : stream;
    case "state": {
      if (pushed.data.channel_id !== stream.id) return stream;
      const { state, broadcast_id } = pushed.data;
      if (state === "offline") return { ...stream, state, live: null };
      const other = broadcast_id && stream.live && stream.live.broadcast_id !== broadcast_id;
      return { ...stream, state, live: other ? null : stream.live };
    }
    case "viewers":
      if (pushed.data.channel_id !== stream.id || !stream.live) return stream;
      return { ...stream, live: { ...stream.live, viewers: pushed.data.viewers } };
    case "still":
      if (pushed.data.channel_id !== stream.id || stream.live?.broadcast_id !== pushed.data.broadcast_id)
        return stream;
      return { ...stream, live: { ...stream.live, still_url: pushed.data.still_url } };
    case "health":
      if (pushed.data.channel_id !== stream.id || !stream.live || !pushed.data.renditions?.length)
        return stream;
      return { ...stream, live: { ...stream.live, renditions: pushed.data.renditions } };
    default:
      return stream;
  }
}

/** What is pushed goes to everybody, so of a channel that is not open it does not say where it is played, or shown: that stays as it was asked for. */
function withPlayback(stream: Stream, pushed: Stream): Stream {
  const after = { ...stream, ...pushed };
  const same = stream.live && after.live && stream.live.broadcast_id === after.live.broadcast_id;
  if (!same || !after.live || after.live.playback_url || !isTheSameGate(stream, pushed)) return after;
  const { playback_url = null, still_url = null } = stream.live ?? {};
  return { ...after, live: { ...after.live, playback_url, still_url } };
}

const isTheSameGate = (before: Stream, after: Stream) => before.visibility === after.visibility;

/** True when the event says that the channel is for others than before: whether this person may watch has to be asked again. */
export function isAnotherGate(stream: Stream | undefined, pushed: Pushed): boolean {
  if (!stream || pushed.event !== "stream" || pushed.data.id !== stream.id) return false;
  return !isTheSameGate(stream, pushed.data);
}

/** Whether anybody may watch. */
export function isOpen(stream: Pick<Stream, "visibility">): boolean {
  return !stream.visibility || stream.visibility === "public" || stream.visibility === "unlisted";
}

/** True when the channel should be playable but the object does not say where: one fetch is due. */
export function lacksPlayback(stream: Stream): boolean {
  return stream.state === "live" && !stream.live?.playback_url && stream.may_watch !== false;
}

/** The list of live channels after an event, busiest first. */
export function directoryAfter(list: Stream[], pushed: Pushed): Stream[] {
  if (pushed.event === "directory") {
    const { data } = pushed;
    if (!("id" in data)) return list.filter((s) => s.id !== data.channel_id);
    const rest = list.filter((s) => s.id !== data.id);
    return data.state === "offline" || !data.live ? rest : ranked([...rest, data]);
  }
  if (pushed.event === "state" && pushed.data.state === "offline") {
    return list.filter((s) => s.id !== pushed.data.channel_id);
  }
  let changed = false;
  const next = list.map((s) => {
    const after = streamAfter(s, pushed);
    changed ||= after !== s;
    return after;
  });
  return changed ? ranked(next) : list;
}

/**
 * What was pushed of who is live since the event stream was opened, the last word of each kind about each channel. An answer to a question may be a
 * second or more older than what was pushed before it came, and would take that back for good.
 */
export class Told {
  private readonly last = new Map<string, Pushed>();

  note(pushed: Pushed): void {
    const data: object = pushed.data;
    const name = `${pushed.event} ${"id" in data ? data.id : "channel_id" in data ? data.channel_id : ""}`;
    // Its place is among what came last.
    this.last.delete(name);
    this.last.set(name, pushed);
  }

  /** A new connection: what was missed meanwhile is not known. */
  forget(): void {
    this.last.clear();
  }

  /** The answer with all of it. */
  after(list: Stream[]): Stream[] {
    return [...this.last.values()].reduce(directoryAfter, list);
  }
}

export function ranked(list: Stream[]): Stream[] {
  return [...list].sort(
    (a, b) => (b.live?.viewers ?? 0) - (a.live?.viewers ?? 0) || a.username.localeCompare(b.username),
  );
}

/** What a viewer is told. */
export type Shown = ChannelState | "ended";

/** `offline` after something was seen running is `ended`. */
export function shownState(state: ChannelState, seenRunning: boolean): Shown {
  return state === "offline" && seenRunning ? "ended" : state;
}
