/** The list of messages: order, once each, moderation, own messages. */
import { describe, expect, it } from "vitest";
import type { LogFrame, MessageFrame } from "./frames";
import { applied, EMPTY, joined, MAX_MESSAGES, said } from "./log";

const id = (n: number) => n.toString(16).padStart(18, "0");
const message = (n: number, over: Partial<MessageFrame> = {}): MessageFrame => ({
  type: "message",
  room: "r",
  id: id(n),
  user: { id: "u1", username: "maya", display_name: "Maya" },
  text: `m${n}`,
  at: "",
  ...over,
});
const all = (frames: LogFrame[]) => frames.reduce(applied, EMPTY);

describe("chat log", () => {
  it("is sorted by id and has each id once, in whatever order frames come", () => {
    const log = all([message(3), message(1), message(2), message(3)]);
    expect(log.lines.map((l) => l.text)).toEqual(["m1", "m2", "m3"]);
    expect(log.last).toBe(id(3));
  });

  it("resumes after the newest frame of any kind", () => {
    const log = all([message(1), { type: "settings", room: "r", id: id(9) }]);
    expect(log.last).toBe(id(9));
  });

  it("takes the text of a deleted message away", () => {
    const log = all([message(1), { type: "deleted", room: "r", id: id(2), message_id: id(1) }]);
    expect(log.lines[0]).toMatchObject({ removed: true, text: "" });
  });

  it("clears one person's messages, or everything before", () => {
    const other = { id: "u2", username: "noor", display_name: "Noor" };
    const two = all([
      message(1),
      message(2, { user: other }),
      { type: "cleared", room: "r", id: id(3), user: "u1" },
    ]);
    expect(two.lines.map((l) => l.removed)).toEqual([true, false]);
    const none = all([message(1), message(2), { type: "cleared", room: "r", id: id(3) }, message(4)]);
    expect(none.lines.map((l) => l.text)).toEqual(["m4"]);
  });

  it("is bounded", () => {
    const log = all(Array.from({ length: MAX_MESSAGES + 50 }, (_, n) => message(n)));
    expect(log.lines).toHaveLength(MAX_MESSAGES);
    expect(log.lines.at(-1)?.text).toBe(`m${MAX_MESSAGES + 49}`);
  });

  it("replaces an own message by the server's copy with its nonce", () => {
    const log = applied(said(EMPTY, "n1", "hi", 0), message(1, { nonce: "n1", text: "hi" }));
    expect(log.pending).toEqual([]);
    expect(log.lines).toHaveLength(1);
  });

  it("starts over when the server no longer knows what was missed, but keeps what waits", () => {
    const before = said(all([message(1)]), "n1", "hi", 0);
    const after = joined(before, [message(50)], false);
    expect(after.lines.map((l) => l.text)).toEqual(["m50"]);
    expect(after.pending).toHaveLength(1);
    expect(joined(before, [message(2)], true).lines).toHaveLength(2);
  });
});
