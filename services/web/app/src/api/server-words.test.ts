/** The server's words as translators see them are those that the server says. Both are read as they are written: the app ships neither. */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";

function pairs(file: string, pattern: RegExp): Map<string, string> {
  const found = readFileSync(file, "utf8").matchAll(pattern);
  return new Map([...found].map(([, code = "", sentence = ""]) => [code, sentence]));
}

test("of webhooks' addresses and deliveries, but for what is tried again without a word", () => {
  const said = pairs("../../stream/src/webhooks/reason.rs", /\(\s*"([a-z_]+)",\s*"([^"]+)",?\s*\)/g);
  const seen = pairs("src/api/server-words.ts", /id: "server\.url\.([a-z_]+)",\s*message:\s*"([^"]+)"/g);
  expect(said.delete("busy")).toBe(true);
  expect(said.size).toBeGreaterThan(14);
  expect(seen).toEqual(said);
});
