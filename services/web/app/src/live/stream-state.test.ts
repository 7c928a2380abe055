/** What pushed events do to what pages show. */
import { describe, expect, it } from "vitest";
import type { Stream } from "../api/contract";
import { directoryAfter, lacksPlayback, shownState, streamAfter } from "./stream-state";

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
