/** The list of messages: order, once each, moderation, own messages. */
import { describe, expect, it } from "vitest";
import type { LogFrame, MessageFrame } from "./frames";
import {
  applied,
  appliedAll,
  aside,
  EMPTY,
  joined,
  type Line,
  type Log,
  MAX_HELD_LINES,
  MAX_LINES,
  said,
} from "./log";

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
const all = (frames: LogFrame[]) => appliedAll(EMPTY, frames);
const text = (line: Line) => (line.kind === "message" ? line.text : line.kind);
const gone = (line: Line | undefined) => line?.kind === "message" && line.removed;
const texts = (log: Log) => log.lines.map(text);
const sent = (log: Log, nonce: string) => said(log, { nonce, text: "hi", since: 0 });

describe("chat log", () => {
  it("is sorted by id and has each id once, in whatever order frames come", () => {
    const log = all([message(3), message(1), message(2), message(3)]);
    expect(texts(log)).toEqual(["m1", "m2", "m3"]);
    expect(log.last).toBe(id(3));
  });

  it("resumes after the newest frame of any kind", () => {
    const log = all([message(1), { type: "settings", room: "r", id: id(9) }]);
    expect(log.last).toBe(id(9));
  });

  it("takes the text of a deleted message away", () => {
    const log = all([message(1), { type: "deleted", room: "r", id: id(2), message_id: id(1) }]);
    expect(log.lines[0]).toMatchObject({ removed: "moderator", text: "" });
  });

  it("clears one person's messages, or everything before", () => {
    const other = { id: "u2", username: "noor", display_name: "Noor" };
    const two = all([
      message(1),
      message(2, { user: other }),
      { type: "cleared", room: "r", id: id(3), user: "u1" },
    ]);
    expect(two.lines.map(gone)).toEqual(["moderator", false]);
    const none = all([message(1), message(2), { type: "cleared", room: "r", id: id(3) }, message(4)]);
    expect(texts(none)).toEqual(["m4"]);
  });

  it("is bounded", () => {
    const log = all(Array.from({ length: MAX_LINES + 50 }, (_, n) => message(n)));
    expect(log.lines).toHaveLength(MAX_LINES);
    expect(texts(log).at(-1)).toBe(`m${MAX_LINES + 49}`);
  });

  it("replaces an own message by the server's copy with its nonce", () => {
    const log = applied(sent(EMPTY, "n1"), message(1, { nonce: "n1", text: "hi" }));
    expect(log.pending).toEqual([]);
    expect(log.lines).toHaveLength(1);
  });

  it("starts over when the server no longer knows what was missed, but keeps what waits", () => {
    const before = sent(all([message(1)]), "n1");
    const after = joined(before, [message(50)], false);
    expect(texts(after)).toEqual(["m50"]);
    expect(after.pending).toHaveLength(1);
    expect(joined(before, [message(2)], true).lines).toHaveLength(2);
  });

  it("takes what was quoted of a deleted or cleared message out of the answers to it", () => {
    const noor = { id: "u2", username: "noor", display_name: "Noor" };
    const answer = message(2, { user: noor, reply_to: id(1), reply: { user: message(1).user, text: "m1" } });
    const deleted = all([message(1), answer, { type: "deleted", room: "r", id: id(3), message_id: id(1) }]);
    expect(JSON.stringify(deleted)).not.toContain("m1");
    expect(texts(deleted)).toEqual(["", "m2"]);
    const cleared = all([answer, { type: "cleared", room: "r", id: id(3), user: "u1" }]);
    expect(JSON.stringify(cleared)).not.toContain("m1");
  });

  it("leaves nothing of a deleted message: image, emotes, announcement", () => {
    const image = { id: "i", url: "/api/chat/images/i", width: 1, height: 1 };
    const full = message(1, { image, emotes: { wave: "/api/chat/emotes/w" }, announcement: "good" });
    const log = all([full, { type: "deleted", room: "r", id: id(2), message_id: id(1), by: "author" }]);
    expect(log.lines[0]).toMatchObject({ removed: "author", text: "" });
    expect(JSON.stringify(log)).not.toMatch(/images|emotes|good/);
  });

  it("keeps the oldest for a reader who looks further up, and still counts and deletes", () => {
    const many = Array.from({ length: MAX_HELD_LINES + 50 }, (_, n) => message(n + 1));
    const held = appliedAll(
      appliedAll(EMPTY, many, "oldest"),
      [{ type: "deleted", room: "r", id: id(9_999), message_id: id(1) }],
      "oldest",
    );
    expect(held.lines).toHaveLength(MAX_HELD_LINES);
    expect(gone(held.lines[0])).toBe("moderator");
    expect(held.came).toBe(MAX_HELD_LINES + 50);
  });

  it("puts an answer to oneself after what was said, and later messages after it", () => {
    const log = applied(aside(aside(all([message(1)]), "Slow mode is on."), "Again."), message(2));
    expect(texts(log)).toEqual(["m1", "aside", "aside", "m2"]);
    expect(log.last).toBe(id(2));
    expect(new Set(log.lines.map((l) => l.id)).size).toBe(4);
  });
});
