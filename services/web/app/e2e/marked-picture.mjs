/**
 * A test picture that says which session of the publisher it belongs to, and whose flashes and beeps tell how far sound and picture
 * are apart. And those who read it: a page that notes when which session was on its screen, and ffmpeg over what viewers were given.
 *
 * The mark is a row of eight blocks at the bottom: white, black, then the session's number in six bits. Once a second the upper half
 * flashes for a tenth of a second while a tone sounds.
 */
import { execFile } from "node:child_process";
import { promisify } from "node:util";

const run = promisify(execFile);
const BITS = 6;

/**
 * The shell command that publishes session `number` to `{url}`: pictures between keyframes, how much later than the pictures sound
 * begins, and after how long it ends where it does.
 */
export function markedPicture(number, { gop = 30, soundLate = 0, soundEnds = null } = {}) {
  const bits = [1, 0];
  for (let bit = BITS - 1; bit >= 0; bit--) bits.push((number >> bit) & 1);
  const block = (bit, at) =>
    `drawbox=x=iw*${at}/8:y=ih*7/8:w=iw/8:h=ih/8:c=${bit ? "white" : "black"}:t=fill`;
  const flash = "drawbox=x=0:y=0:w=iw:h=ih/2:c=white:t=fill:enable='lt(mod(t,1),0.1)'";
  return (
    "exec ffmpeg -hide_banner -loglevel quiet " +
    `-re -f lavfi -i "testsrc2=size=640x360:rate=30,${flash},${bits.map(block).join(",")}" ` +
    `-re -itsoffset ${soundLate} -f lavfi -i "aevalsrc='0.5*sin(2*PI*1000*t)*lt(mod(t,1),0.1)':s=48000` +
    `${soundEnds === null ? "" : `:d=${soundEnds}`}" ` +
    `-c:v libx264 -preset ultrafast -tune zerolatency -g ${gop} -keyint_min ${gop} -sc_threshold 0 ` +
    "-b:v 1000k -pix_fmt yuv420p -c:a aac -ac 2 -b:a 96k -max_interleave_delta 100000 -f flv {url}"
  );
}

/** Runs in the page: from now on `window.seen` says when which session was first on screen, and how long the picture stood still. */
export function observe(selector) {
  const video = document.querySelector(selector);
  const canvas = document.createElement("canvas");
  canvas.width = 80;
  canvas.height = 4;
  const draw = canvas.getContext("2d", { willReadFrequently: true });
  const seen = { first: {}, present: null, frames: 0, still: 0, at: performance.now() };
  window.seen = seen;
  function read() {
    const { videoWidth: width, videoHeight: height } = video;
    draw.drawImage(video, 0, (height * 15) / 16, width, height / 32, 0, 0, canvas.width, canvas.height);
    const { data } = draw.getImageData(0, 2, canvas.width, 1);
    const bit = (at) => data[(at * 10 + 5) * 4 + 1] > 128;
    if (!bit(0) || bit(1)) return null;
    let number = 0;
    for (let at = 2; at < 8; at++) number = (number << 1) | Number(bit(at));
    return number;
  }
  function presented() {
    const now = performance.now();
    seen.still = Math.max(seen.still, now - seen.at);
    seen.at = now;
    seen.frames++;
    const number = read();
    if (number !== null) {
      seen.first[number] ??= Date.now();
      seen.present = number;
    }
    video.requestVideoFrameCallback(presented);
  }
  video.requestVideoFrameCallback(presented);
}

/** Of a file: how many seconds each beep begins after the flash it belongs to (negative: before). */
export async function skews(file) {
  const filters =
    "[0:v]crop=iw:ih/2:0:0,signalstats,metadata=print:key=lavfi.signalstats.YAVG:file=-[v];" +
    "[0:a]silencedetect=noise=-26dB:d=0.3[a]";
  const args = ["-hide_banner", "-nostats", "-copyts", "-i", file, "-filter_complex", filters];
  const { stdout, stderr } = await run("ffmpeg", [...args, "-map", "[v]", "-map", "[a]", "-f", "null", "-"], {
    maxBuffer: 64 << 20,
  });
  const flashes = [];
  let bright = null;
  for (const [, at, light] of stdout.matchAll(/pts_time:([\d.]+)\n.*YAVG=([\d.]+)/g)) {
    const now = Number(light) > 200;
    // The first picture may be in the middle of a flash.
    if (now && bright === false) flashes.push(Number(at));
    bright = now;
  }
  const beeps = [...stderr.matchAll(/silence_end: ([\d.]+)/g)].map(([, at]) => Number(at));
  return flashes.flatMap((flash) => {
    const nearest = beeps.reduce((a, b) => (Math.abs(b - flash) < Math.abs(a - flash) ? b : a), Infinity);
    // Both come once a second: further away there was no sound at all.
    return Math.abs(nearest - flash) <= 0.5 ? [nearest - flash] : [];
  });
}
