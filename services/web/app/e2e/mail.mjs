/** Mails of a platform without a mail server: files in the folder `mail` of its data (`STREAMLY_E2E_DATA`). */
import assert from "node:assert/strict";
import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { until } from "./harness.mjs";

export const DATA = process.env.STREAMLY_E2E_DATA;
const FOLDER = DATA && join(DATA, "mail");

function decoded(raw) {
  const [head, ...rest] = raw.split("\r\n\r\n");
  const body = rest.join("\r\n\r\n");
  if (!/quoted-printable/i.test(head)) return { head, body };
  const bytes = body
    .replaceAll("=\r\n", "")
    .replace(/=([0-9A-F]{2})/g, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16)));
  return { head, body: bytes };
}

/** The newest mail to an address of a kind (`confirm_address`, `password_reset`, …), once it is there. */
export async function mailTo(address, kind) {
  return until(`a mail ${kind} to ${address}`, async () => {
    const found = [];
    for (const name of await readdir(FOLDER).catch(() => [])) {
      if (!name.startsWith(`${kind}-`) || !name.endsWith(".eml")) continue;
      const path = join(FOLDER, name);
      const { head, body } = decoded(await readFile(path, "utf8"));
      if (head.includes(`To: ${address}`)) found.push({ at: (await stat(path)).mtimeMs, body });
    }
    return found.sort((a, b) => b.at - a.at)[0]?.body;
  });
}

/** The link of a mail that carries a token. */
export function linkOf(body) {
  const link = /^https?:\/\/\S+#\S+$/m.exec(body)?.[0];
  assert.ok(link, body);
  return link.trim();
}
