/**
 * Takes the pictures of OBS that the guide at `/guide/obs` shows, from the real program under Xvfb, in each language of the app:
 *
 *   node tools/obs-pictures.mjs    (Debian: obs-studio obs-plugins qt6-qpa-plugins libgl1-mesa-dri xvfb xdotool ffmpeg)
 *
 * Writes src/pages/guide/pictures/{stream,output,video,start}.{en,de}.webp. Look at them before they are committed: another OBS has its buttons elsewhere.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { Obs } from "../../../../crates/e2e/obs/obs.mjs";

const TO = fileURLToPath(new URL("../src/pages/guide/pictures/", import.meta.url));
/** Twice the usual size, so that they are sharp on every screen. */
const SCALE = 2;
const SCREEN = "2400x1800";
const PORT = 45_661;
/** Largest file, bytes: four are loaded by who reads the guide. */
const MOST = 60_000;
/** After a click, for OBS to draw. */
const DRAWN_MS = 1_200;
const LANGUAGES = { en: "en-US", de: "de-DE" };

/** Of the window of settings: its size, which its words ask for, its pages in the list at the left, and how much is shown of each, all in points. */
const WINDOW = { width: { en: 700, de: 840 }, height: 680 };
const PAGES = {
  stream: { click: [50, 69], height: 190 },
  output: { click: [50, 105], height: 598 },
  video: { click: [50, 177], height: 190 },
};
const EDGE = 6;

const ini = (sections) =>
  Object.entries(sections)
    .map(
      ([name, values]) =>
        `[${name}]\n${Object.entries(values)
          .map(([k, v]) => `${k}=${v}`)
          .join("\n")}\n`,
    )
    .join("\n");

/** The settings that the guide asks for. */
function configure(obs, language) {
  const file = path.join(obs.config, "global.ini");
  writeFileSync(file, readFileSync(file, "utf8").replace("[General]", `[General]\nLanguage=${language}`));
  const profile = path.join(obs.config, "basic/profiles/Stock");
  writeFileSync(
    path.join(profile, "basic.ini"),
    ini({
      General: { Name: "Stock" },
      Output: { Mode: "Advanced", Reconnect: true, RetryDelay: 2, MaxRetries: 25 },
      AdvOut: { Encoder: "obs_x264", TrackIndex: 1, ApplyServiceSettings: true, Track1Bitrate: 160 },
      Video: { BaseCX: 1920, BaseCY: 1080, OutputCX: 1920, OutputCY: 1080, FPSType: 0, FPSCommon: 30 },
      Audio: { SampleRate: 48000, ChannelSetup: "Stereo" },
    }),
  );
  const write = (name, value) => writeFileSync(path.join(profile, name), JSON.stringify(value));
  write("streamEncoder.json", {
    rate_control: "CBR",
    bitrate: 6000,
    keyint_sec: 2,
    preset: "veryfast",
    profile: "high",
    tune: "zerolatency",
  });
  write("service.json", {
    type: "rtmp_custom",
    settings: { server: "rtmp://live.example.org:1935/live", key: "0".repeat(40), use_auth: false },
  });
}

async function take(language, name) {
  const home = mkdtempSync(path.join(tmpdir(), "obs-pictures-"));
  const video = { width: 1920, height: 1080, fps: 30, kbps: 6000 };
  const obs = new Obs(home, {
    port: PORT,
    video,
    shown: { screen: SCREEN, env: { QT_SCALE_FACTOR: String(SCALE) } },
  });
  try {
    obs.prepare();
    configure(obs, language);
    await obs.start();
    await sleep(DRAWN_MS);
    const env = { ...process.env, DISPLAY: obs.xvfb.name };
    const x = (...words) => execFileSync("xdotool", words.map(String), { env }).toString().trim();
    const windows = () => x("search", "--onlyvisible", "--name", ".").split("\n");
    const click = async (left, top) => {
      x("mousemove", left * SCALE, top * SCALE, "click", 1);
      // Out of the picture.
      x("mousemove", 2390, 1790);
      await sleep(DRAWN_MS);
    };
    const shot = (file, crop) => {
      const [left, top, width, height] = crop.map((points) => points * SCALE);
      const out = path.join(TO, file);
      execFileSync("ffmpeg", [
        "-hide_banner",
        "-loglevel",
        "error",
        "-y",
        "-f",
        "x11grab",
        "-draw_mouse",
        "0",
        "-video_size",
        SCREEN,
        "-i",
        obs.xvfb.name,
        "-frames:v",
        "1",
        "-vf",
        `crop=${width}:${height}:${left}:${top}`,
        "-c:v",
        "libwebp",
        "-quality",
        "60",
        "-compression_level",
        "6",
        out,
      ]);
      const { size } = statSync(out);
      if (size > MOST) throw new Error(`${file} has ${size} bytes, more than ${MOST}`);
      console.log(`${file}: ${size} bytes, ${width} x ${height}`);
    };
    const [main] = windows();
    const at = x("getwindowgeometry", "--shell", main)
      .split("\n")
      .map((line) => Number(line.split("=")[1]));
    const [, left, top, width, height] = at.map((pixels) => pixels / SCALE);
    // The lower right of the window: the buttons.
    shot(`start.${name}.webp`, [left + width - 200, top + height - 256, 200, 222]);
    // "Settings" is the last button but one.
    await click(left + width - 60, top + height - 83);
    const settings = windows().find((id) => id !== main);
    if (!settings) throw new Error("OBS opened no settings: its button is elsewhere");
    x("windowsize", settings, WINDOW.width[name] * SCALE, WINDOW.height * SCALE);
    x("windowmove", settings, 0, 0);
    await sleep(DRAWN_MS);
    for (const [page, { click: where, height }] of Object.entries(PAGES)) {
      await click(...where);
      shot(`${page}.${name}.webp`, [EDGE, EDGE, WINDOW.width[name] - 2 * EDGE, height]);
    }
  } finally {
    await obs.close();
    rmSync(home, { recursive: true, force: true });
  }
}

for (const [name, language] of Object.entries(LANGUAGES)) await take(language, name);
