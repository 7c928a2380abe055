/** What waits for moderators, as a figure and in words. */
import { describe, expect, it } from "vitest";
import { waitingCount, waitingWords } from "./waiting-words";

const list = (n: number, next: string | null = null) => ({
  items: Array.from({ length: n }, () => ({})),
  next_cursor: next,
});

describe("what waits for moderators", () => {
  it("is nothing as long as nothing is known", () => {
    expect([waitingCount({}), waitingWords({})]).toEqual([null, ""]);
    const empty = { reports: list(0), requests: list(0) };
    expect([waitingCount(empty), waitingWords(empty)]).toEqual([null, ""]);
  });

  it("is counted together and told apart", () => {
    const both = { reports: list(2), requests: list(1) };
    expect(waitingCount(both)).toBe("3");
    expect(waitingWords(both)).toBe("2 reports and 1 request to come back");
    expect(waitingWords({ reports: list(1) })).toBe("1 report");
    expect(waitingWords({ requests: list(2) })).toBe("2 requests to come back");
  });

  it("of more than a page the rest is hinted at", () => {
    const many = { reports: list(50, "next") };
    expect(waitingCount(many)).toBe("50+");
    expect(waitingWords(many)).toBe("more than 50 reports");
  });
});
