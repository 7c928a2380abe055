/**
 * A recording of a publish whose encoder begins its picture anew in another size, as one does whose output was resized: H.264 in FLV, some seconds of
 * each size behind one another, each with a sequence header of its own and on one timeline with the sound. And the shell command that publishes
 * it over and over by one connection, message by message: ffmpeg cannot change its encoder amid a publish, the publisher of recordings can.
 */
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);
const root = resolve(import.meta.dirname, "../../../..");
/** Built by `cargo build --workspace`. */
const program = resolve(root, process.env.CARGO_TARGET_DIR ?? "target", "debug/streamly-bench");
export const unbuilt = existsSync(program) ? false : `${program} is not built`;

const FPS = 15;
/** Bytes of an FLV's head, and of the size that stands before the first tag. */
const HEAD = 9 + 4;
const TAG_HEAD = 11;
const [VIDEO, SCRIPT] = [9, 18];
/** Type of a video message's packet that says that pictures end; an encoder that begins anew sends none. */
const END_OF_SEQUENCE = 2;
/** A frame of AAC at 48 kHz, ms. */
const FRAME_MS = 21;

async function record(size, seconds) {
  const args =
    `-f lavfi -i testsrc2=size=${size}:rate=${FPS}:duration=${seconds} ` +
    `-f lavfi -i sine=frequency=440:sample_rate=48000:duration=${seconds} ` +
    `-c:v libx264 -preset ultrafast -tune zerolatency -g ${FPS} -b:v 1000k -pix_fmt yuv420p ` +
    "-c:a aac -ac 2 -b:a 96k -flvflags no_duration_filesize -f flv -";
  const { stdout } = await run("ffmpeg", ["-hide_banner", "-loglevel", "error", ...args.split(" ")], {
    encoding: "buffer",
    maxBuffer: 64 << 20,
  });
  return stdout;
}

/** The tags of an FLV; their times fit 24 bits, which are four hours. */
function tagsOf(flv) {
  const tags = [];
  for (let at = HEAD; at + TAG_HEAD <= flv.length; ) {
    const length = flv.readUIntBE(at + 1, 3);
    const body = flv.subarray(at + TAG_HEAD, at + TAG_HEAD + length);
    tags.push({ type: flv[at], ms: flv.readUIntBE(at + 4, 3), body });
    at += TAG_HEAD + length + 4;
  }
  return tags;
}

function written({ type, ms, body }) {
  const tag = Buffer.alloc(TAG_HEAD + body.length + 4);
  tag[0] = type;
  tag.writeUIntBE(body.length, 1, 3);
  tag.writeUIntBE(ms, 4, 3);
  body.copy(tag, TAG_HEAD);
  tag.writeUInt32BE(TAG_HEAD + body.length, TAG_HEAD + body.length);
  return tag;
}

/** Writes `seconds` of each size, such as "854x480", to `file`. */
export async function recordSizes(file, sizes, seconds) {
  const out = [];
  let begins = 0;
  for (const size of sizes) {
    const flv = await record(size, seconds);
    if (out.length === 0) out.push(flv.subarray(0, HEAD));
    let ends = 0;
    for (const { type, ms, body } of tagsOf(flv)) {
      if (type === VIDEO && body[1] === END_OF_SEQUENCE) continue;
      // What a publisher says of itself it says once.
      if (type === SCRIPT && begins > 0) continue;
      out.push(written({ type, ms: begins + ms, body }));
      ends = Math.max(ends, ms);
    }
    begins += ends + FRAME_MS;
  }
  await writeFile(file, Buffer.concat(out));
}

/** `keys`: a file with the stream key. */
export function publishing(file, keys, server) {
  const { port } = new URL(server.replace(/^rtmp:/, "http:"));
  return `exec "${program}" publish --to 127.0.0.1:${port || 1935} --file "${file}" --keys "${keys}"`;
}
