/**
 * A recording of a test picture with CEA-608 captions in messages in front of its pictures (ATSC A/53), as broadcast encoders and OBS plug-ins send
 * them: roll-up of two rows, a new line "Line N" each two seconds. And the shell command that publishes it.
 */
import { execFile } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { promisify } from "node:util";

const run = promisify(execFile);
const FPS = 30;
/** Pictures from line to line. */
const LINE_EVERY = 2 * FPS;

const parity = (byte) => {
  let ones = 0;
  for (let bit = 0; bit < 7; bit++) ones += (byte >> bit) & 1;
  return ones % 2 ? byte : byte | 0x80;
};
const FILL = [0x80, 0x80];

/** Pairs of a line, one a picture: roll-up of two rows, carriage return, row 15, each sent twice, and the text. */
function linePairs(text) {
  const control = [
    [0x14, 0x25],
    [0x14, 0x2d],
    [0x14, 0x70],
  ].flatMap((pair) => [pair, pair]);
  const chars = [...text.padEnd(text.length + (text.length % 2), " ")].map((c) => c.charCodeAt(0));
  for (let at = 0; at < chars.length; at += 2) control.push([chars[at], chars[at + 1]]);
  return control.map(([one, other]) => [parity(one), parity(other)]);
}

function message(pair) {
  const data = [0xb5, 0, 0x31, ...Buffer.from("GA94"), 3, 0x41, 0xff, 0xfc, ...pair, 0xff];
  return Buffer.from([0, 0, 0, 1, 6, 4, data.length, ...data, 0x80]);
}

/** Each picture's message goes in front of its first slice. */
function withCaptions(stream) {
  const out = [];
  let picture = 0;
  let copied = 0;
  let pairs = [];
  for (let at = stream.indexOf("000001", 0, "hex"); at !== -1; at = stream.indexOf("000001", at + 3, "hex")) {
    const type = stream[at + 3] & 31;
    const firstSlice = (type === 1 || type === 5) && stream[at + 4] & 0x80;
    if (!firstSlice) continue;
    if (picture % LINE_EVERY === 0) pairs = linePairs(`Line ${picture / LINE_EVERY}`);
    const start = stream[at - 1] === 0 ? at - 1 : at;
    out.push(stream.subarray(copied, start), message(pairs.shift() ?? FILL));
    copied = start;
    picture++;
  }
  return Buffer.concat([...out, stream.subarray(copied)]);
}

/** Writes `seconds` of it to `file`. */
export async function recordCaptioned(file, seconds) {
  const source = `testsrc2=size=854x480:rate=${FPS}:duration=${seconds}`;
  const coding = "-c:v libx264 -preset ultrafast -tune zerolatency -x264-params sliced-threads=0";
  const args = `-f lavfi -i ${source} ${coding} -g ${FPS} -b:v 800k -pix_fmt yuv420p -f h264 -`;
  const { stdout } = await run("ffmpeg", ["-hide_banner", "-loglevel", "error", ...args.split(" ")], {
    encoding: "buffer",
    maxBuffer: 256 << 20,
  });
  await writeFile(file, withCaptions(stdout));
}

export const publishing = (file) =>
  `exec ffmpeg -hide_banner -loglevel quiet -re -fflags +genpts -r ${FPS} -f h264 -i ${file} ` +
  "-re -f lavfi -i sine=frequency=440:sample_rate=48000 -map 0:v -map 1:a " +
  `-c:v copy -bsf:v setts=ts=N*1000/${FPS} -c:a aac -ac 2 -b:a 96k -shortest -f flv {url}`;
