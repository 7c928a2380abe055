/**
 * A Streamly of its own: free ports, a fresh data folder, one process a service so that one of them can be killed alone.
 * Also a broadcaster's account and keys by REST. Whoever starts one must `close` it.
 */
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { chmodSync, closeSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

const PORTS = [1935, 1936, 3000, 8000, 8080, 8082, 8084, 9000, 9080, 9082, 9084, 10000, 10080, 10082, 10084, 11084];

function taken(port) {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("connect", () => resolve(true)).once("error", () => resolve(false));
    socket.once("connect", () => socket.destroy());
  });
}

async function freeOffset() {
  for (let offset = 900; offset >= 100; offset -= 100) {
    const all = await Promise.all(PORTS.map((port) => taken(port + offset)));
    if (!all.includes(true)) return offset;
  }
  throw new Error("no port offset is free (STREAMLY_PORT_OFFSET, 100 to 900)");
}

export class Platform {
  /** `env`: settings of the services beside the launcher's own. */
  constructor(binary, env = {}) {
    Object.assign(this, { binary, env });
  }

  async start() {
    this.offset = await freeOffset();
    this.data = mkdtempSync(path.join(tmpdir(), "streamly-obs-"));
    chmodSync(this.data, 0o755);
    this.url = `http://localhost:${3000 + this.offset}`;
    this.rtmp = { host: "127.0.0.1", port: 1935 + this.offset };
    const said = path.join(this.data, "up.out");
    const out = openSync(said, "a");
    this.process = spawn(this.binary, ["up", "--processes"], {
      env: {
        ...process.env,
        ...this.env,
        STREAMLY_DATA_DIR: this.data,
        STREAMLY_PORT_OFFSET: String(this.offset),
        STREAMLY_RATE_LIMITS: "off",
      },
      stdio: ["ignore", out, out],
    });
    closeSync(out);
    for (const end = Date.now() + 120_000; ; await sleep(100)) {
      if (/^Streamly is ready:/m.test(readFileSync(said, "utf8"))) break;
      if (this.process.exitCode !== null || Date.now() > end)
        throw new Error(`Streamly did not start:\n${readFileSync(said, "utf8")}`);
    }
  }

  /** A fresh account; later calls are made in its name. */
  async register(start = "maya") {
    this.username = `${start}_${randomBytes(4).toString("hex")}`;
    this.password = `correct horse ${this.username}`;
    const body = { username: this.username, email: `${this.username}@example.org`, password: this.password };
    this.token = (await this.call("POST", "/api/auth/register", body)).access_token;
  }

  async call(method, where, body) {
    const answer = await fetch(this.url + where, {
      method,
      headers: {
        ...(body ? { "content-type": "application/json" } : {}),
        ...(this.token ? { authorization: `Bearer ${this.token}` } : {}),
      },
      body: body && JSON.stringify(body),
    });
    if (!answer.ok) throw new Error(`${method} ${where}: ${answer.status} ${await answer.text()}`);
    return answer.status === 204 ? null : answer.json();
  }

  key(name = "OBS") {
    return this.call("POST", "/api/streams/keys", { name });
  }

  channel() {
    return this.call("GET", `/api/streams/${this.username}`);
  }

  /** The channel with refusals and health. */
  own() {
    return this.call("GET", "/api/streams/me");
  }

  /** The process id of one service. */
  pidOf(service) {
    for (const entry of readdirSync("/proc")) {
      if (!/^\d+$/.test(entry)) continue;
      try {
        const parent = readFileSync(`/proc/${entry}/stat`, "utf8").replace(/^.*\) /s, "").split(" ")[1];
        const words = readFileSync(`/proc/${entry}/cmdline`, "utf8").split("\0");
        if (Number(parent) === this.process.pid && words[1] === "service" && words[2] === service) return Number(entry);
      } catch {
        // It ended while being looked at.
      }
    }
    throw new Error(`the service ${service} has no process`);
  }

  log() {
    return readFileSync(path.join(this.data, "streamly.log"), "utf8");
  }

  /** SIGTERM, and the data folder goes. */
  async close(keep = false) {
    if (this.process && this.process.exitCode === null && this.process.signalCode === null) {
      const gone = new Promise((resolve) => this.process.once("exit", resolve));
      this.process.kill("SIGTERM");
      await gone;
    }
    if (this.data && !keep) rmSync(this.data, { recursive: true, force: true });
  }
}
