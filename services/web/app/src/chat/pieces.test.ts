/** What of a message becomes a link, a name, an emote; and that the rest stays text. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { graphemes, mentionsMe, pieces } from "./pieces";

const only = (text: string, kind: string, emotes = {}) => pieces(text, emotes).filter((p) => p.kind === kind);
const urls = (text: string) => only(text, "link").map((p) => (p.kind === "link" ? p.url : ""));

describe("pieces of a message", () => {
  it("the pieces are the text again", () => {
    for (const text of [
      "",
      "a",
      "see https://a.example/x, ok?",
      "@maya: hi",
      "::wave::",
      "a:b:c",
      "http://",
    ]) {
      const emotes = { wave: "/api/chat/emotes/1" };
      const again = pieces(text, emotes).map((p) => (p.kind === "emote" ? `:${p.name}:` : p.text));
      expect(again.join("")).toBe(text);
    }
  });

  it("addresses end where the sentence goes on", () => {
    expect(urls("see https://a.example/x, and (http://b.example/y_(z)).")).toEqual([
      "https://a.example/x",
      "http://b.example/y_(z)",
    ]);
  });

  it("what becomes a link is one to the server's rules: the same cases are tested there", () => {
    const cases = new URL("../../../../chat/src/rules/link-cases.json", import.meta.url);
    for (const { text, page } of JSON.parse(readFileSync(cases, "utf8")))
      expect([text, urls(text)]).toEqual([text, page]);
  });

  it("an address with a name before the host is no link: it leads to what stands behind the name", () => {
    for (const text of [
      "https://youtube.com@evil.example/",
      "https://youtube.com:443@evil.example/watch",
      "https://a:b@evil.example",
      "http://youtube.com%2Fwatch@evil.example",
    ]) {
      expect(urls(text), text).toEqual([]);
      expect(pieces(`see ${text} now`).map((p) => p.kind)).toEqual(["text"]);
    }
    expect(urls("https://a.example/@maya https://a.example/?to=b@c")).toEqual([
      "https://a.example/@maya",
      "https://a.example/?to=b@c",
    ]);
  });

  it("nor is one with what cannot be seen, or turns the order of what can", () => {
    for (const char of "\u00ad\u200b\u200e\u202e\u2066\u2069\u3164\u{e0061}\u0007")
      for (const text of [`https://a${char}b.example/`, `https://a.example/${char}gpj.exe`])
        expect(urls(text), JSON.stringify(text)).toEqual([]);
    expect(urls("https://пример.рф/путь https://a.example/日本")).toHaveLength(2);
    expect(urls("https://a.example/x\u200b behind"), "behind an address they are not of it").toEqual([
      "https://a.example/x",
    ]);
  });

  it("nothing but http and https is a link, and markup stays text", () => {
    for (const text of [
      "javascript:alert(1)",
      "data:text/html,x",
      "ftp://a.example",
      "a.example",
      "https://",
    ])
      expect(urls(text)).toEqual([]);
    expect(pieces("<b>x</b> <img src=x onerror=y>")).toEqual([
      { kind: "text", text: "<b>x</b> <img src=x onerror=y>" },
    ]);
  });

  it("names stand alone: not inside addresses or words, not with a letter too many", () => {
    expect(only("@Maya, a@example.org @ab @@noor (@noor)", "mention")).toEqual([
      { kind: "mention", text: "@Maya", username: "maya" },
      { kind: "mention", text: "@noor", username: "noor" },
    ]);
    expect(only("https://a.example/@maya", "mention")).toEqual([]);
  });

  it("only emotes that the server named are images, and only from this site", () => {
    const emotes = { wave: "/api/chat/emotes/1", evil: "//evil.example/x", far: "https://evil.example/x" };
    expect(only(":wave::wave: :heart: :evil: :far: :constructor:", "emote", emotes)).toHaveLength(2);
  });

  it("is quick on text made to be slow", () => {
    const start = performance.now();
    for (const text of [
      ":".repeat(4_000),
      "@".repeat(4_000),
      "https://".repeat(500),
      `https://x${")".repeat(4_000)}`,
    ])
      pieces(text);
    expect(performance.now() - start).toBeLessThan(1_000);
  });

  it("a message speaks to who is named or answered", () => {
    const me = { id: "u1", username: "Maya" };
    expect(mentionsMe({ text: "hi @maya" }, me)).toBe(true);
    expect(mentionsMe({ text: "hi", mentions: ["u1"] }, me)).toBe(true);
    expect(mentionsMe({ text: "hi", reply: { user: { id: "u1" } } }, me)).toBe(true);
    expect(mentionsMe({ text: "hi maya" }, me)).toBe(false);
    expect(mentionsMe({ text: "hi @maya" }, null)).toBe(false);
  });

  it("counts characters as people do", () => {
    expect(graphemes("é👨‍👩‍👧🇳🇴")).toBe(3);
  });
});
