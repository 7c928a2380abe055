/**
 * Access tokens that end soon. They live for a quarter of an hour whatever the settings say, so one that the platform gave is signed anew with an
 * earlier end, by the platform's own key, which is in its data (`STREAMLY_E2E_DATA`): every service takes it, and ends it, as any other.
 */
import assert from "node:assert/strict";
import { createHash, createPrivateKey, createPublicKey, sign } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { DATA } from "./mail.mjs";

const decoded = (part) => JSON.parse(Buffer.from(part, "base64url").toString());
const encoded = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");

/** What a token says; its times are Unix seconds. */
export const claimsOf = (token) => decoded(token.split(".")[1]);

/** Of the file's lines, each a key and perhaps since when it signs, the one that tokens name so: by its public half's SHA-256, cut. */
async function keyNamed(kid) {
  const text = await readFile(join(DATA, "secrets", "access-tokens.key"), "utf8");
  for (const line of text.trim().split("\n")) {
    const pkcs8 = Buffer.from(line.trim().split(/\s/)[0], "base64");
    const key = createPrivateKey({ key: pkcs8, format: "der", type: "pkcs8" });
    const { x } = createPublicKey(key).export({ format: "jwk" });
    const hash = createHash("sha256").update(Buffer.from(x, "base64url")).digest();
    if (hash.subarray(0, 12).toString("base64url") === kid) return key;
  }
  assert.fail(`the platform's data has no key ${kid}`);
}

/** The same token, but that it ends `seconds` from now. */
export async function endingIn(token, seconds) {
  const [head] = token.split(".");
  const key = await keyNamed(decoded(head).kid);
  const claims = { ...claimsOf(token), exp: Math.floor(Date.now() / 1_000) + seconds };
  const text = `${head}.${encoded(claims)}`;
  return `${text}.${sign(null, Buffer.from(text), key).toString("base64url")}`;
}
