/** The event-stream parser, also with its text cut at every place. */
import { describe, expect, it } from "vitest";
import { EventParser, MAX_EVENT_CHARS } from "./event-parser";

const TEXT =
  ': hello\r\nid: 1\nevent: state\ndata: {"a":1}\n\nretry: 2500\rdata: one\rdata:two\r\r\nid\nevent: x\n\ndata\n\nid: 7\r\ndata: ö€😀\r\n\r\n';

const WHOLE = [
  { id: "1", event: "state", data: '{"a":1}' },
  { id: "1", event: "message", data: "one\ntwo" },
  { id: "", event: "message", data: "" },
  { id: "7", event: "message", data: "ö€😀" },
];

describe("event parser", () => {
  it("reads fields, comments and every kind of line end", () => {
    const parser = new EventParser();
    expect(parser.push(TEXT)).toEqual(WHOLE);
    expect(parser.retry).toBe(2_500);
    expect(parser.lastId).toBe("7");
  });

  it("gives the same events however the text is cut", () => {
    for (let a = 0; a <= TEXT.length; a++) {
      for (const width of [1, 3, 17]) {
        const parser = new EventParser();
        const seen = [...parser.push(TEXT.slice(0, a))];
        for (let at = a; at < TEXT.length; at += width) seen.push(...parser.push(TEXT.slice(at, at + width)));
        expect(seen).toEqual(WHOLE);
      }
    }
  });

  it("drops an event that is too large and goes on", () => {
    const parser = new EventParser();
    const line = `data: ${"x".repeat(MAX_EVENT_CHARS / 2)}\n`;
    expect(parser.push(`${line + line + line}\n`)).toEqual([]);
    expect(parser.push("data: fine\n\n")).toHaveLength(1);
  });
});
