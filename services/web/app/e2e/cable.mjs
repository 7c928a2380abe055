/**
 * A network cable, such as that between a publisher and ingest: a TCP relay that can be cut (both ends get RST), stay out for a while or go
 * silent (nothing passes any more and nothing is closed), and that notes when a connection's first keyframe went by.
 */
import { connect, createServer } from "node:net";

/** An RTMP video message (type 9, behind a header of either form) whose body is an AVC keyframe. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: it is matched against bytes.
const KEYFRAME = /\x09(?:\x01\x00\x00\x00)?\x17\x01/;
/** Bytes of a connection that are searched for it. */
const SEARCHED = 256 << 10;

export class Cable {
  #pairs = new Set();
  #isOut = false;

  /** `to`: host and port of the far end. */
  constructor(to) {
    this.to = to;
    /** Of each connection, oldest first: when it came and when its first keyframe began to pass. */
    this.connections = [];
  }

  async start() {
    this.server = createServer((near) => this.#take(near));
    await new Promise((listening) => this.server.listen(0, "127.0.0.1", listening));
    return `127.0.0.1:${this.server.address().port}`;
  }

  #take(near) {
    if (this.#isOut) {
      near.on("error", () => {});
      near.resetAndDestroy();
      return;
    }
    const connection = { came: Date.now(), keyframe: null };
    this.connections.push(connection);
    const far = connect(this.to);
    const pair = { near, far, silent: false };
    this.#pairs.add(pair);
    let head = "";
    near.on("data", (bytes) => {
      if (connection.keyframe !== null || head.length > SEARCHED) return;
      head += bytes.toString("latin1");
      if (KEYFRAME.test(head)) connection.keyframe = Date.now();
    });
    near.pipe(far);
    far.pipe(near);
    for (const socket of [near, far]) {
      socket.on("error", () => {});
      socket.on("close", () => {
        if (pair.silent) return;
        this.#pairs.delete(pair);
        near.destroy();
        far.destroy();
      });
    }
  }

  /** As a router that reboots. */
  cut() {
    for (const { near, far } of this.#pairs) {
      near.resetAndDestroy();
      far.resetAndDestroy();
    }
    this.#pairs.clear();
  }

  /** Cut, and nobody gets through until it is in again. */
  pull() {
    this.#isOut = true;
    this.cut();
  }

  putIn() {
    this.#isOut = false;
  }

  /** What is connected now goes silent without a word to either end; later connections work. */
  silence() {
    for (const pair of this.#pairs) {
      pair.silent = true;
      pair.near.unpipe();
      pair.far.unpipe();
      pair.near.pause();
      pair.far.pause();
    }
  }

  async close() {
    this.cut();
    await new Promise((closed) => this.server.close(closed));
  }
}
