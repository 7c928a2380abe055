import { expect, test } from "vitest";
import type { Notice } from "../api/contract";
import { afterEnd, afterNews, isNews, sentenceOf, unreadOf, withNotices } from "./notice-list";

const notice = (n: number, more: Partial<Notice> = {}): Notice => ({
  broadcast_id: `b${n}`,
  channel_id: `c${n}`,
  username: `caster${n}`,
  display_name: `Caster${n}`,
  avatar_url: null,
  title: `Title ${n}`,
  category: "",
  started_at: `2026-11-28T12:0${n}:00Z`,
  ended_at: null,
  ...more,
});
const NOW = "2026-11-28T13:00:00Z";
const list = (items: Notice[], seen_at: string | null = null) => ({ items, seen_at, unread: 0 });

test("a notice comes once, in the order of time", () => {
  const one = withNotices(list([notice(2)]), [notice(1), notice(3), notice(2)]);
  expect(one.items.map((n) => n.broadcast_id)).toEqual(["b3", "b2", "b1"]);
  expect(withNotices(one, [notice(3)])).toBe(one);
});

test("what began after what was seen is news", () => {
  const seen = "2026-11-28T12:02:00.000Z";
  expect([1, 2, 3].map((n) => isNews(notice(n), seen))).toEqual([false, false, true]);
  expect(unreadOf(list([notice(1), notice(2), notice(3)], seen))).toBe(1);
  expect(unreadOf(list([notice(1)]))).toBe(1);
});

test("what the server does not name among the live any more is over", () => {
  const before = list([notice(2), notice(1, { ended_at: NOW })]);
  const after = afterNews(before, { page: true, seen_at: NOW, live: [notice(3)] }, NOW);
  expect(after.items.map((n) => [n.broadcast_id, n.ended_at, n.title])).toEqual([
    ["b3", null, "Title 3"],
    ["b2", NOW, ""],
    ["b1", NOW, "Title 1"],
  ]);
  expect(after.seen_at).toBe(NOW);
  // Where the page is not told, nothing is known about what is live.
  expect(afterNews(before, { page: false, seen_at: null, live: [] }, NOW).items[0]?.ended_at).toBeNull();
});

test("a channel that leaves ends its own notice alone", () => {
  const before = list([notice(2), notice(1)]);
  const after = afterEnd(before, "c2", NOW);
  expect(after.items.map((n) => n.ended_at)).toEqual([NOW, null]);
  expect(afterEnd(after, "c2", NOW)).toBe(after);
});

test("a notice in words", () => {
  expect(sentenceOf(notice(1))).toBe("Caster1 is live: Title 1");
  expect(sentenceOf(notice(1, { title: "" }))).toBe("Caster1 is live");
});
