/** Hidden people are not read: neither their lines, nor what others quote of them. */
import { expect, it } from "vitest";
import type { NoticeFrame } from "./frames";
import { quotesHidden, withoutHidden } from "./hidden";
import type { Line, MessageLine } from "./log";

const person = (id: string) => ({ id, username: id, display_name: id });
const said = (id: string, by: string, over: Partial<MessageLine> = {}): MessageLine => ({
  kind: "message",
  type: "message",
  room: "r",
  id,
  at: "",
  removed: false,
  user: person(by),
  text: id,
  ...over,
});
const follows = (id: string, by: string, more = 0): Line => {
  const notice: NoticeFrame = {
    type: "notice",
    room: "r",
    id,
    at: "",
    kind: "follow",
    user: person(by),
    more,
  };
  return { kind: "notice", id, notice };
};

it("their lines are left out, and that they follow now", () => {
  const lines = [said("1", "dan"), said("2", "noor"), follows("3", "dan"), follows("4", "dan", 2)];
  expect(withoutHidden(lines, new Set(["dan"])).map((l) => l.id)).toEqual(["2", "4"]);
  expect(withoutHidden(lines, new Set())).toBe(lines);
});

it("an answer to one of them has a quote that is theirs", () => {
  const answer = said("2", "noor", { reply_to: "1", reply: { user: person("dan"), text: "1" } });
  expect(quotesHidden(answer, new Set(["dan"]))).toBe(true);
  expect(quotesHidden(answer, new Set(["noor"]))).toBe(false);
  expect(quotesHidden(said("3", "noor"), new Set(["dan"]))).toBe(false);
});
