import { expect, test } from "vitest";
import type { Attempt, Delivery, Webhook } from "../../api/webhooks";
import { attemptWords, deliveryState, pretty, webhookState } from "./webhook-words";

const NOW = Date.parse("2026-12-01T12:00:00Z");
const hook: Webhook = {
  id: "1",
  name: "Bot",
  url: "https://example.org/",
  events: ["live"],
  enabled: true,
  created_at: "2026-11-01T12:00:00Z",
  overlap_until: null,
  off_because: null,
  off_at: null,
  failing_since: null,
  waiting: 0,
  dropped: 0,
};
const attempt: Attempt = {
  number: 1,
  at: "2026-12-01T11:59:00Z",
  duration_ms: 35,
  status: 200,
  error: null,
  error_code: null,
  answer: "",
};
const delivery: Delivery = {
  id: "d",
  message_id: "msg_d",
  type: "live",
  state: "waiting",
  created_at: "2026-12-01T11:59:00Z",
  next_at: null,
  body: "{}",
  attempts: [],
};

test("a webhook says whether it works and why not", () => {
  expect(webhookState(hook, NOW)).toEqual({ words: "On.", mood: "good" });
  expect(webhookState({ ...hook, failing_since: "2026-12-01T10:00:00Z", waiting: 1 }, NOW)).toEqual({
    words: "Nothing has arrived since 2 hours ago. 1 waits.",
    mood: "warn",
  });
  expect(webhookState({ ...hook, failing_since: "2026-12-01T11:59:50Z" }, NOW).words).toBe(
    "The last message did not arrive.",
  );
  expect(webhookState({ ...hook, dropped: 7 }, NOW).mood).toBe("warn");
  expect(webhookState({ ...hook, enabled: false }, NOW)).toEqual({ words: "Off", mood: "quiet" });
  const off = { ...hook, enabled: false, off_at: "2026-11-30T12:00:00Z" };
  expect(webhookState({ ...off, off_because: "gone" }, NOW).words).toContain("yesterday: the receiver said");
  expect(webhookState({ ...off, off_because: "failing" }, NOW).mood).toBe("bad");
});

test("an attempt says what came back and how long it took", () => {
  expect(attemptWords(attempt)).toBe("200 after 35 ms");
  const failed = { ...attempt, status: 500, error: "No answer of success.", error_code: "no_success" };
  expect(attemptWords(failed)).toBe("500 after 35 ms: No answer of success.");
  // As an earlier server wrote it.
  const late = { ...attempt, status: null, error: "no answer in time", duration_ms: 10_004 };
  expect(attemptWords(late)).toBe("After 10 seconds: No answer in time.");
  expect(attemptWords({ ...late, error: null })).toBe("No answer (after 10 seconds)");
  expect(attemptWords({ ...attempt, duration_ms: null })).toContain("under way");
});

test("a delivery says where it is", () => {
  const words = (change: Partial<Delivery>) => deliveryState({ ...delivery, ...change }, NOW).words;
  expect(words({})).toBe("Waits to be sent");
  expect(words({ attempts: [{ ...attempt, duration_ms: null }] })).toBe("Being sent");
  expect(words({ attempts: [attempt], next_at: "2026-12-01T12:01:30Z" })).toBe("Again in 1 min 30 s");
  expect(words({ attempts: [attempt], next_at: "2026-12-01T11:00:00Z" })).toBe("Again in a moment");
  expect(words({ state: "delivered" })).toBe("Arrived");
  expect(words({ state: "failed" })).toBe("Failed");
  expect(words({ state: "cancelled" })).toBe("Not sent");
});

test("a body is shown with its lines", () => {
  expect(pretty('{"a":1}')).toBe('{\n  "a": 1\n}');
  expect(pretty("not JSON")).toBe("not JSON");
});
