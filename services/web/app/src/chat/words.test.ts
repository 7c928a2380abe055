/** Times, modes, refusals and what is read aloud. */
import { describe, expect, it } from "vitest";
import { MAX_LINES, type MessageLine } from "./log";
import { modesOn } from "./modes";
import { refusal } from "./refusals";
import { EMPTY_ROOM, OPEN_ROOM, seen } from "./room";
import { longSpan, secondsUntil, span, spanInWords } from "./spans";
import { spoken } from "./spoken";

describe("words", () => {
  it("lengths of time", () => {
    expect([0, 1, 59, 60, 299, 3_600, 3_661, 90_000, 1_209_600].map(span)).toEqual([
      "0 seconds",
      "1 second",
      "59 seconds",
      "1 min",
      "4 min 59 s",
      "1 h",
      "1 h 1 min",
      "1 d 1 h",
      "14 d",
    ]);
    expect([10, 60, 600, 86_400].map(longSpan)).toEqual(["10 seconds", "1 minute", "10 minutes", "1 day"]);
    expect([0, 1, 65, 600, 7_199, 604_274, 1_209_600].map(spanInWords)).toEqual([
      "0 seconds",
      "1 second",
      "1 minute 5 seconds",
      "10 minutes",
      "1 hour 59 minutes",
      "6 days 23 hours",
      "14 days",
    ]);
    expect(secondsUntil(10_001, 10_000)).toBe(1);
    expect(secondsUntil(9_000, 10_000)).toBe(0);
  });

  it("an open room asks nothing; modes say what to do", () => {
    expect(modesOn(OPEN_ROOM)).toEqual([]);
    const strict = { ...OPEN_ROOM, followers_only_min: 0, slow_s: 30, emote_only: true };
    expect(modesOn(strict).map((m) => m.asks)).toEqual([
      "Followers only: follow to write.",
      "Emotes only, no words.",
      "Slow mode: one message every 30 seconds.",
    ]);
    expect(modesOn({ ...OPEN_ROOM, followers_only_min: 10 })[0]?.asks).toMatch(/10 minutes/);
  });

  it("a refusal says how long to wait", () => {
    expect(refusal({ code: "timed_out", retry_after_ms: 299_000 })).toBe(
      "You cannot write here for 4 min 59 s.",
    );
    expect(refusal({ code: "slow_mode", retry_after_ms: 7_000 })).toMatch(/7 seconds/);
    expect(refusal({ code: "invalid_command", detail: "say how long" })).toBe("Say how long.");
    expect(refusal({ code: "invalid_command", detail: "Use it so: /slow [DURATION|off]" })).toMatch(
      /example: \/slow 10s$/,
    );
    expect(refusal({ code: "brand_new", detail: "it is odd" })).toBe("It is odd.");
  });
});

describe("the room's state", () => {
  const room = "r";
  const user = { id: "u1", username: "maya", display_name: "Maya" };
  const message = { type: "message" as const, room, id: "01", user, text: "x", at: "" };

  it("a pinned message goes with its deletion", () => {
    const pinned = seen(EMPTY_ROOM, { type: "pinned", room, id: "02", message }, null);
    expect(pinned.pinned?.text).toBe("x");
    expect(seen(pinned, { type: "deleted", room, id: "03", message_id: "01" }, null).pinned).toBeNull();
    expect(seen(pinned, { type: "cleared", room, id: "03", user: "u2" }, null).pinned).not.toBeNull();
    expect(seen(pinned, { type: "cleared", room, id: "03" }, null).pinned).toBeNull();
  });

  it("votes count for their own poll; a poll of long ago is no news", () => {
    const poll = {
      id: "p",
      question: "?",
      options: [],
      ends_at: "",
      state: "open" as const,
      votes: [0, 0],
      voters: 0,
    };
    const open = seen(EMPTY_ROOM, { type: "poll", room, id: "01", poll }, null);
    expect(
      seen(open, { type: "poll_votes", room, poll: "p", votes: [1, 0], voters: 1 }, null).poll?.voters,
    ).toBe(1);
    expect(seen(open, { type: "poll_votes", room, poll: "q", votes: [1, 0], voters: 1 }, null)).toBe(open);
    const events = [{ type: "poll" as const, room, id: "01", poll: { ...poll, state: "closed" as const } }];
    const joined = seen(EMPTY_ROOM, { type: "joined", room, name: "r", events, complete: true }, null);
    expect(joined.poll).toBeNull();
  });

  it("joining tells what is pinned, the open poll as it stands, and how the poll of before ended", () => {
    const poll = {
      id: "p",
      question: "?",
      options: [],
      ends_at: "",
      state: "open" as const,
      votes: [3],
      voters: 3,
    };
    const opened = { type: "poll" as const, room, id: "01", poll: { ...poll, votes: [0], voters: 0 } };
    const joined = { type: "joined" as const, room, name: "r", complete: true };
    const pinned = { type: "pinned" as const, room, id: "02", message };
    const first = seen(EMPTY_ROOM, { ...joined, events: [opened], poll, pinned }, null);
    expect(first.poll?.voters).toBe(3);
    expect(first.pinned?.text).toBe("x");
    const closed = { ...opened, id: "03", poll: { ...poll, state: "closed" as const, voters: 4 } };
    expect(seen(first, { ...joined, events: [closed] }, null)).toMatchObject({
      poll: { voters: 4 },
      pinned: null,
    });
    expect(seen(first, { ...joined, events: [] }, null).poll).toBeNull();
  });

  it("holds of others are a moderator's, each once, until they are resolved", () => {
    const held = { type: "held" as const, room, hold_id: "h", text: "x", user };
    const one = seen(seen(EMPTY_ROOM, held, "mod"), held, "mod");
    expect(one.holds).toHaveLength(1);
    expect(seen(EMPTY_ROOM, held, "u1").holds).toHaveLength(0);
    expect(seen(one, { type: "hold_resolved", hold_id: "h", outcome: "denied" }, "mod").holds).toEqual([]);
  });
});

describe("what is read aloud", () => {
  const me = { id: "me", username: "ada" };
  const line = (n: number, text: string, id = "u1"): MessageLine => ({
    kind: "message",
    type: "message",
    room: "r",
    id: String(n),
    at: "",
    removed: false,
    user: { id, username: id, display_name: "Maya" },
    text,
  });

  it("few lines are read, many are counted, own ones are not", () => {
    expect(spoken([line(1, "hi"), line(2, "mine", "me")], me)).toBe("Maya: hi.");
    const many = Array.from({ length: MAX_LINES }, (_, n) => line(n, "x"));
    expect(spoken(many, me)).toBe(`${MAX_LINES} new messages.`);
    expect(spoken([line(1, "mine", "me")], me)).toBe("");
  });

  it("a bot is called one, whatever its name", () => {
    const bot = { ...line(1, "nine o'clock"), user: { ...line(1, "").user, badges: ["bot"] } };
    expect(spoken([bot], me)).toBe("Maya, a bot: nine o'clock.");
  });

  it("who speaks to the listener is always read", () => {
    const many = [...Array.from({ length: 50 }, (_, n) => line(n, "x")), line(51, "@ada come here")];
    expect(spoken(many, me)).toBe("Maya to you: @ada come here. 51 new messages.");
  });
});
