/**
 * A TCP relay between OBS and ingest: the network cable. It can be cut (RST on both sides), frozen (nothing is read any
 * more, nothing is closed) and thawed; while `open` is false it resets whoever comes.
 */
import { connect, createServer } from "node:net";

export class Relay {
  open = true;
  /** When each connection came. */
  came = [];
  #pairs = new Set();
  #frozen = false;

  constructor(to) {
    this.to = to;
  }

  async start() {
    this.server = createServer((near) => this.#take(near));
    await new Promise((resolve) => this.server.listen(0, "127.0.0.1", resolve));
    this.port = this.server.address().port;
  }

  #take(near) {
    this.came.push(Date.now());
    near.on("error", () => {});
    if (!this.open) {
      near.resetAndDestroy();
      return;
    }
    const far = connect(this.to.port, this.to.host);
    far.on("error", () => near.resetAndDestroy());
    const pair = [near, far];
    this.#pairs.add(pair);
    for (const [from, to] of [pair, [far, near]]) {
      from.on("data", (bytes) => {
        if (!to.write(bytes)) from.pause();
      });
      to.on("drain", () => this.#frozen || from.resume());
      from.on("end", () => to.end());
      from.on("close", (failed) => {
        this.#pairs.delete(pair);
        if (failed) to.resetAndDestroy();
        else to.destroySoon();
      });
    }
  }

  /** As a router that reboots: both ends get RST. */
  cut() {
    for (const pair of this.#pairs) for (const socket of pair) socket.resetAndDestroy();
    return Date.now();
  }

  freeze() {
    this.#frozen = true;
    for (const pair of this.#pairs) for (const socket of pair) socket.pause();
    return Date.now();
  }

  thaw() {
    this.#frozen = false;
    for (const pair of this.#pairs) for (const socket of pair) socket.resume();
    return Date.now();
  }

  async close() {
    this.cut();
    await new Promise((resolve) => this.server.close(resolve));
  }
}
