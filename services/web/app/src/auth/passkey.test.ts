/** Bytes go to the server and back as base64url. */
import { expect, it } from "vitest";
import { bytesOf, textOf } from "./passkey";

it("bytes read back, whatever their number", () => {
  for (let length = 0; length < 9; length += 1) {
    const bytes = Uint8Array.from({ length }, (_, i) => 255 - i * 17);
    const text = textOf(bytes.buffer);
    expect(text).toMatch(/^[A-Za-z0-9_-]*$/);
    expect([...bytesOf(text)]).toEqual([...bytes]);
  }
  expect(textOf(Uint8Array.from([251, 239, 255]).buffer)).toBe("--__");
});
