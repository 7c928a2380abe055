/** What is pinned, by whichever frame is the newer one. */
import { describe, expect, it } from "vitest";
import type { LogFrame, MessageFrame } from "./frames";
import { EMPTY_ROOM, seen } from "./room";

const room = "r";
const user = { id: "u1", username: "bob", display_name: "Bob", badges: [] };
const message = (id: string): MessageFrame => ({
  type: "message",
  room,
  id,
  at: "",
  user,
  text: `text ${id}`,
});
const pinned = (id: string, of: string | null) => ({
  type: "pinned" as const,
  room,
  id,
  message: of ? message(of) : null,
});
const joined = (events: LogFrame[], pin?: ReturnType<typeof pinned>) =>
  seen(
    EMPTY_ROOM,
    { type: "joined", room, name: "bob", events, complete: true, ...(pin ? { pinned: pin } : {}) },
    null,
  );

describe("the pinned message", () => {
  it("of joined and its events the newer frame counts", () => {
    expect(joined([pinned("05", "02")], pinned("03", "01")).pinned?.id).toBe("02");
    expect(joined([pinned("05", null)], pinned("03", "01")).pinned).toBeNull();
    expect(joined([pinned("03", "01")], pinned("05", "02")).pinned?.id).toBe("02");
    expect(joined([pinned("05", null)], pinned("05", "02")).pinned?.id).toBe("02");
    expect(joined([pinned("05", "02")]).pinned?.id).toBe("02");
  });

  it("what was deleted or cleared since is not pinned", () => {
    const deleted: LogFrame = { type: "deleted", room, id: "06", message_id: "02", by: "author" };
    const cleared = (by?: string): LogFrame => ({
      type: "cleared",
      room,
      id: "06",
      ...(by ? { user: by } : {}),
    });
    for (const [gone, text] of [
      [deleted, undefined],
      [cleared(), undefined],
      [cleared("u1"), undefined],
      [cleared("u2"), "text 02"],
    ] as const) {
      expect(joined([gone], pinned("05", "02")).pinned?.text).toBe(text);
    }
  });

  it("a frame that is older than what joined told is passed over", () => {
    const there = joined([], pinned("05", "02"));
    expect(seen(there, pinned("04", "01"), null)).toBe(there);
    expect(seen(there, pinned("06", "01"), null).pinned?.id).toBe("01");
  });
});
