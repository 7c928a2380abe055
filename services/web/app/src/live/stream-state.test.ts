/** What pushed events do to what pages show. */
import { describe, expect, it } from "vitest";
import type { Stream } from "../api/contract";
import { isAnotherState, withoutSettled } from "./own-state";
import {
  directoryAfter,
  isAnotherGate,
  isOpen,
  lacksPlayback,
  shownState,
  streamAfter,
  Told,
} from "./stream-state";

const stream = (over: Partial<Stream> = {}): Stream => ({
  id: "c1",
  owner_id: "u1",
  username: "maya",
  display_name: "Maya",
  title: "t",
  category: null,
  tags: [],
  state: "live",
  live: {
    broadcast_id: "b1",
    started_at: "",
    viewers: 3,
    playback_url: "/live/maya/index.m3u8",
    renditions: [],
  },
  ...over,
});

describe("a newer still", () => {
  const pushed = (broadcast_id: string) => ({
    event: "still" as const,
    data: { channel_id: "c1", broadcast_id, still_url: "/live/b/b1/stills/2.jpg" },
  });

  it("takes the place of the one before, in lists too", () => {
    expect(streamAfter(stream(), pushed("b1")).live?.still_url).toBe("/live/b/b1/stills/2.jpg");
    expect(directoryAfter([stream()], pushed("b1"))[0]?.live?.still_url).toBe("/live/b/b1/stills/2.jpg");
  });

  it("of a broadcast that is over, or of another channel, changes nothing", () => {
    const before = stream();
    expect(streamAfter(before, pushed("b0"))).toBe(before);
    const offline = stream({ live: null, state: "offline" });
    expect(streamAfter(offline, pushed("b1"))).toBe(offline);
    const other = stream({ id: "c2" });
    expect(streamAfter(other, pushed("b1"))).toBe(other);
  });

  it("of a channel that is not for everybody stays when something else is pushed", () => {
    const shut = stream({ visibility: "followers" });
    if (shut.live) shut.live.still_url = "/live/b/b1/stills/1.jpg?token=t";
    const data = stream({ visibility: "followers" });
    if (data.live) Object.assign(data.live, { playback_url: null, still_url: null });
    expect(streamAfter(shut, { event: "stream", data }).live?.still_url).toContain("?token=t");
  });
});

describe("a channel that is not for everybody", () => {
  const closed = stream({ visibility: "followers", may_watch: true });
  const nowhere = closed.live && { ...closed.live, playback_url: null, viewers: 9 };
  const pushed = (over: Partial<Stream>) => {
    const { may_watch: _, ...data } = { ...closed, live: nowhere, ...over };
    return { event: "stream" as const, data };
  };

  it("is played where it was, whatever is pushed of it", () => {
    const after = streamAfter(closed, pushed({ title: "new" }));
    expect([after.title, after.live?.viewers, after.live?.playback_url]).toEqual([
      "new",
      9,
      "/live/maya/index.m3u8",
    ]);
    expect(isAnotherGate(closed, pushed({ title: "new" }))).toBe(false);
  });

  it("is not when it is another broadcast, or for others than before", () => {
    const other = nowhere && { ...nowhere, broadcast_id: "b2" };
    expect(streamAfter(closed, pushed({ live: other })).live?.playback_url).toBeNull();
    expect(streamAfter(closed, pushed({ visibility: "private" })).live?.playback_url).toBeNull();
    expect(isAnotherGate(closed, pushed({ visibility: "private" }))).toBe(true);
    expect(isAnotherGate(closed, { event: "viewers", data: { channel_id: "c1", viewers: 1 } })).toBe(false);
  });

  it("lacks nothing for who may not watch", () => {
    expect(lacksPlayback(stream({ live: nowhere, may_watch: false }))).toBe(false);
    expect(lacksPlayback(stream({ live: nowhere, may_watch: true }))).toBe(true);
    expect([isOpen({}), isOpen({ visibility: "unlisted" }), isOpen({ visibility: "password" })]).toEqual([
      true,
      true,
      false,
    ]);
  });
});

describe("a channel", () => {
  it("goes offline by a state event and loses its broadcast", () => {
    const after = streamAfter(stream(), { event: "state", data: { channel_id: "c1", state: "offline" } });
    expect(after.state).toBe("offline");
    expect(after.live).toBeNull();
  });

  it("keeps its broadcast while the broadcaster reconnects", () => {
    const data = { channel_id: "c1", state: "reconnecting" as const, broadcast_id: "b1" };
    expect(streamAfter(stream(), { event: "state", data }).live?.broadcast_id).toBe("b1");
  });

  it("is in another state when its encoder comes, goes, or begins another broadcast", () => {
    const state = (state: Stream["state"], broadcast_id: string | null, channel_id = "c1") => ({
      event: "state" as const,
      data: { channel_id, state, broadcast_id },
    });
    expect(isAnotherState(stream(), state("live", "b1"))).toBe(false);
    expect(isAnotherState(stream(), state("offline", null))).toBe(true);
    expect(isAnotherState(stream({ state: "offline", live: null }), state("starting", "b2"))).toBe(true);
    expect(isAnotherState(stream(), state("live", "b2"))).toBe(true);
    expect(isAnotherState(stream(), state("offline", null, "other"))).toBe(false);
    expect(isAnotherState(undefined, state("live", "b1"))).toBe(false);
  });

  it("has settled what was refused before its present broadcast, for good", () => {
    const refusals = ["2026-01-01T10:30:00Z", "2026-01-01T09:00:00Z"].map((at) => ({
      code: "key_revoked",
      detail: "",
      at,
    }));
    const live = { ...stream().live, started_at: "2026-01-01T10:00:00Z" } as Stream["live"];
    const own = withoutSettled({ ...stream({ live }), refusals });
    expect(own.refusals).toEqual(refusals.slice(0, 1));
    expect(withoutSettled(own)).toBe(own);
    const ended = { ...stream({ live: null, state: "offline" }), refusals };
    expect(withoutSettled(ended)).toBe(ended);
  });

  it("forgets the old broadcast when another one starts, and asks where it plays", () => {
    const data = { channel_id: "c1", state: "live" as const, broadcast_id: "b2" };
    const after = streamAfter(stream(), { event: "state", data });
    expect(after.live).toBeNull();
    expect(lacksPlayback(after)).toBe(true);
  });

  it("ignores events of other channels", () => {
    const mine = stream();
    expect(streamAfter(mine, { event: "state", data: { channel_id: "c2", state: "offline" } })).toBe(mine);
    expect(streamAfter(mine, { event: "viewers", data: { channel_id: "c2", viewers: 9 } })).toBe(mine);
  });

  it("counts viewers", () => {
    expect(
      streamAfter(stream(), { event: "viewers", data: { channel_id: "c1", viewers: 9 } }).live?.viewers,
    ).toBe(9);
  });
});

describe("an answer that is older than what was pushed", () => {
  const ids = (list: Stream[]) => list.map(({ id }) => id);
  const gone = stream({ id: "c2", username: "noor" });

  it("takes nothing of it back", () => {
    const told = new Told();
    told.note({ event: "directory", data: stream({ title: "new" }) });
    told.note({ event: "directory", data: { channel_id: "c2", state: "offline" } });
    const list = told.after([gone]);
    expect(list.map(({ title }) => title)).toEqual(["new"]);
  });

  it("goes by the last word about each channel", () => {
    const told = new Told();
    told.note({ event: "directory", data: stream() });
    told.note({ event: "viewers", data: { channel_id: "c1", viewers: 9 } });
    told.note({ event: "directory", data: { channel_id: "c1", state: "offline" } });
    expect(ids(told.after([stream()]))).toEqual([]);
    told.note({ event: "directory", data: stream() });
    expect(ids(told.after([]))).toEqual(["c1"]);
  });

  it("is as it is on a new connection", () => {
    const told = new Told();
    told.note({ event: "directory", data: stream() });
    told.forget();
    expect(told.after([])).toEqual([]);
  });
});

describe("the directory", () => {
  it("adds, replaces, ranks and removes", () => {
    const small = stream();
    const big = stream({
      id: "c2",
      username: "noor",
      live: { ...(small.live as NonNullable<Stream["live"]>), viewers: 50 },
    });
    let list = directoryAfter([], { event: "directory", data: small });
    list = directoryAfter(list, { event: "directory", data: big });
    expect(list.map((s) => s.id)).toEqual(["c2", "c1"]);
    list = directoryAfter(list, { event: "directory", data: { ...small, title: "new" } });
    expect(list.find((s) => s.id === "c1")?.title).toBe("new");
    list = directoryAfter(list, { event: "directory", data: { channel_id: "c2", state: "offline" } });
    expect(list.map((s) => s.id)).toEqual(["c1"]);
    expect(
      directoryAfter(list, { event: "directory", data: stream({ state: "offline", live: null }) }),
    ).toEqual([]);
  });
});

it("offline is ended only for those who saw it running", () => {
  expect(shownState("offline", false)).toBe("offline");
  expect(shownState("offline", true)).toBe("ended");
  expect(shownState("reconnecting", true)).toBe("reconnecting");
});
