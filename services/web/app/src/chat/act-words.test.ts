/** The audit log in words: each action with what it was done to. */
import { expect, it } from "vitest";
import type { Act } from "../api/chat";
import { clock as clockOf } from "../ui/figures";
import { actWords, saidAt } from "./act-words";

const ada = { id: "a", username: "ada", display_name: "Ada" };
const dan = { id: "d", username: "dan", display_name: "Dan" };
const clock = { id: "b", username: "ada:clock", display_name: "clock" };
const words = (action: string, over: Partial<Act> = {}, me: string | null = null) =>
  actWords({ id: "1", action, actor: ada, at: "2026-01-01T13:00:00Z", ...over }, me);
/** Of 2026-01-01T12:34:00Z. */
const MESSAGE = `${Date.parse("2026-01-01T12:34:00Z").toString(16).padStart(12, "0")}000001`;
const clockTime = clockOf("2026-01-01T12:34:00Z");

it("names the term, the emote, the bot", () => {
  expect(words("block_term", { target: "rude*" })).toBe("Ada blocked the term “rude*”");
  expect(words("unblock_term", { target: "rude*" })).toBe("Ada unblocked the term “rude*”");
  expect(words("emote_add", { target: "lamp" })).toBe("Ada added the emote :lamp:");
  expect(words("emote_remove", { target: "lamp" })).toBe("Ada removed the emote :lamp:");
  expect(words("issue_bot", { target: clock, user: clock })).toBe("Ada made the bot clock");
  expect(words("revoke_bot", { target: clock, user: clock })).toBe("Ada revoked the bot clock");
  // One that is long gone has only its id.
  expect(words("revoke_bot", { target: { id: "b" } as typeof clock })).toBe("Ada revoked a bot");
});

it("says whose message, from when, and what it said where that is told", () => {
  expect(words("delete", { target: MESSAGE, user: dan })).toBe(
    `Ada deleted a message of Dan from ${clockTime}`,
  );
  expect(words("delete", { target: MESSAGE })).toBe(`Ada deleted a message of their own from ${clockTime}`);
  expect(words("delete", { target: MESSAGE }, "a")).toBe(
    `You deleted a message of your own from ${clockTime}`,
  );
  expect(words("pin", { target: MESSAGE, user: dan })).toBe(`Ada pinned a message of Dan from ${clockTime}`);
  const hold = { target: "0190aaaa-0000-7000-8000-000000000000", user: dan };
  expect(words("deny", { ...hold, text: "buy lamps" })).toBe("Ada kept a message of Dan out: “buy lamps”");
  expect(words("approve", hold)).toBe("Ada let a message of Dan through");
});

it("what was asked in a poll, and about whom a report was", () => {
  const poll = { target: "0190aaaa-0000-7000-8000-000000000000", question: "Tea?" };
  expect(words("poll_open", poll)).toBe("Ada opened the poll “Tea?”");
  expect(words("poll_close", poll)).toBe("Ada ended the poll “Tea?”");
  expect(words("poll_cancel", poll)).toBe("Ada called off the poll “Tea?”");
  expect(words("report_acted", { user: dan })).toBe("Ada acted on a report about Dan");
  expect(words("report_dismissed")).toBe("Ada found nothing wrong in a report");
  expect(words("report_escalated", { user: dan })).toBe(
    "Ada handed a report about Dan to the platform's staff",
  );
  expect(words("unban_denied", { user: dan, reason: "no" })).toBe(
    "Ada said no to Dan, who asked to come back: no",
  );
});

it("a person, a length, a reason", () => {
  expect(words("timeout", { target: dan, until: "2026-01-01T13:10:00Z", reason: "spam" })).toBe(
    "Ada timed out Dan for 10 minutes: spam",
  );
  expect(words("ban", { target: "gone" })).toBe("Ada banned somebody");
  expect(words("settings", { changes: { slow_s: [0, 30] } })).toBe(
    "Ada changed the modes (slow mode to 30 seconds)",
  );
});

it("what it does not know is told by its name", () => {
  expect(words("brand_new", { user: dan })).toBe("Ada did “brand new” to Dan");
});

it("reads the time of a message from its id, and of nothing else", () => {
  expect(saidAt(MESSAGE)).toBe(Date.parse("2026-01-01T12:34:00Z"));
  for (const other of ["rude*", "", null, { id: MESSAGE }]) expect(saidAt(other)).toBeNull();
});

it("a message of another day has its date", () => {
  const late = words("delete", { target: MESSAGE, user: dan, at: "2026-01-09T00:00:00Z" });
  expect(late).toMatch(/from .*2026/);
});
