import { expect, test } from "vitest";
import { missingParts } from "./export-parts";

test("a document says what it lacks, and one that was cut off is none", () => {
  expect(missingParts('{"user":{},"missing":[]}')).toEqual([]);
  expect(missingParts('{"user":{},"missing":["chat",7]}')).toEqual(["chat"]);
  for (const cut of ['{"user":{},"stream":{"keys":[', '{"user":{}}', ""])
    expect(() => missingParts(cut)).toThrow(/cut off/);
});
