/**
 * Makes somebody one of the platform's staff, as an operator does: in the database. Only where the platform runs on this machine and its
 * data folder is named by `STREAMLY_E2E_DATA`.
 */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";

export const DATA = process.env.STREAMLY_E2E_DATA;
const SOCKET = /^\.s\.PGSQL\.(\d+)$/;

/** Where PostgreSQL listens, below the data folder. */
async function socket() {
  const places = [DATA];
  for (let dir = places.shift(); dir !== undefined; dir = places.shift()) {
    const entries = await readdir(dir, { withFileTypes: true });
    for (const entry of entries) {
      const port = SOCKET.exec(entry.name)?.[1];
      if (port) return { dir, port };
      if (entry.isDirectory() && entry.name !== "postgres") places.push(join(dir, entry.name));
    }
  }
  return assert.fail(`no PostgreSQL below ${DATA}`);
}

export async function employ(username, role = "moderator") {
  assert.match(username + role, /^[a-z0-9_]+$/);
  const { dir, port } = await socket();
  const sql = `UPDATE users SET role = '${role}' WHERE username = '${username}'`;
  const connect = ["-h", dir, "-p", port, "-U", "streamly", "-d", "streamly_users"];
  const { stdout } = await promisify(execFile)("psql", [...connect, "-c", sql]);
  assert.match(stdout, /UPDATE 1/);
}
