/**
 * Replaces the only ingest under a live OBS: a second one on the same RTMP port (`share_port`) and other inner ports, then SIGTERM to the
 * first, which asks OBS to connect again and ends when its viewers have moved. The launcher starts the first again afterwards.
 */
import { execFile, spawn } from "node:child_process";
import { closeSync, openSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";

/** What ingest is told by environment so that it can be replaced; also a list long enough to hold a whole short broadcast. */
export const REPLACEABLE = {
  STREAMLY_INGEST__RTMP__SHARE_PORT: "true",
  STREAMLY_INGEST__DRAIN: "30s",
  STREAMLY_INGEST__WINDOW: "3m",
};
/** Added to the inner ports of the second one: no service of the platform has these. */
const BESIDE = 20;

export class Replacement {
  constructor(platform) {
    this.platform = platform;
  }

  /** Starts the second ingest and waits until it is ready. */
  async start() {
    const { platform } = this;
    const inner = (base) => base + platform.offset;
    let toml = readFileSync(path.join(platform.data, "run", "ingest.toml"), "utf8");
    for (const base of [8000, 9000, 10000]) {
      toml = toml.replaceAll(`127.0.0.1:${inner(base)}`, `127.0.0.1:${inner(base) + BESIDE}`);
    }
    toml = toml.replace(/^node_id = "(.*)"$/m, 'node_id = "$1-next"');
    // Of one node alone: it deletes what it finds there.
    toml = toml.replace(/^rewind_dir = "(.*)"$/m, 'rewind_dir = "$1-next"');
    const file = path.join(platform.data, "run", "ingest-next.toml");
    writeFileSync(file, toml, { mode: 0o600 });
    const out = openSync(path.join(platform.data, "streamly.log"), "a");
    this.process = spawn(platform.binary, ["service", "ingest", "--config", file], {
      env: { ...process.env, ...REPLACEABLE },
      stdio: ["ignore", out, out],
    });
    closeSync(out);
    const ready = `http://127.0.0.1:${inner(10000) + BESIDE}/health/ready`;
    for (const end = Date.now() + 30_000; ; await sleep(100)) {
      if (await fetch(ready).then((answer) => answer.ok, () => false)) return;
      if (this.process.exitCode !== null || Date.now() > end) throw new Error("the second ingest did not start");
    }
  }

  /** SIGTERM to the first one; gives the time. */
  drainFirst() {
    this.pid = this.platform.pidOf("ingest");
    process.kill(this.pid, "SIGTERM");
    return Date.now();
  }

  /** Whether the first one has ended. */
  firstIsGone() {
    try {
      process.kill(this.pid, 0);
      return false;
    } catch {
      return true;
    }
  }

  async close() {
    if (!this.process || this.process.exitCode !== null || this.process.signalCode !== null) return;
    const gone = new Promise((resolve) => this.process.once("exit", resolve));
    this.process.kill("SIGKILL");
    await gone;
  }
}

/** Pictures in everything that a playlist lists. */
export async function pictures(url) {
  const args = ["-v", "error", "-live_start_index", "0", "-count_packets", "-select_streams", "v:0"];
  const shown = [...args, "-show_entries", "stream=nb_read_packets", "-of", "csv=p=0", url];
  const { stdout } = await promisify(execFile)("ffprobe", shown, { timeout: 30_000 });
  const count = Number.parseInt(stdout, 10);
  if (!(count > 0)) throw new Error(`no pictures in ${url}: ${stdout}`);
  return count;
}
