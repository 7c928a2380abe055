/**
 * The real OBS Studio under Xvfb, in a home folder of its own, steered by its obs-websocket.
 *
 * It shows a moving test clip with a tone at 320x180, 15 fps: cheap without a GPU. Two profiles: `Stock` is what a new user
 * has (x264 veryfast, B-frames, keyframes every 250 frames), `Short` sets the keyframe interval to 2 s. Other sizes are a
 * matter of `video`. Whoever starts one must `close` it; it is ended by process id.
 */
import { execFileSync, spawn } from "node:child_process";
import { closeSync, mkdirSync, openSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";

const app = fileURLToPath(new URL("../../../services/web/app/", import.meta.url));
export const fromApp = createRequire(path.join(app, "package.json"));
const WebSocket = fromApp("ws");

/** Event subscriptions of obs-websocket: General and Outputs. */
const EVENTS = (1 << 0) | (1 << 6);

const ini = (sections) =>
  Object.entries(sections)
    .map(([name, values]) => `[${name}]\n${Object.entries(values).map(([k, v]) => `${k}=${v}`).join("\n")}\n`)
    .join("\n");

/** Settings of a profile whose output mode is "Simple", as after a first start. */
function profile(name, video, x264) {
  const extra = x264 ? { UseAdvanced: true, x264Settings: x264 } : {};
  return ini({
    General: { Name: name },
    Output: { Mode: "Simple", Reconnect: true, RetryDelay: 2, MaxRetries: 25 },
    SimpleOutput: { StreamEncoder: "x264", Preset: "veryfast", VBitrate: video.kbps, ABitrate: 128, ...extra },
    Video: {
      BaseCX: video.width, BaseCY: video.height, OutputCX: video.width, OutputCY: video.height,
      FPSType: 1, FPSInt: video.fps,
    },
    Audio: { SampleRate: 48000, ChannelSetup: "Stereo" },
  });
}

export class Obs {
  /** Called with every event of obs-websocket: `{ type, data, at }`. */
  events = [];
  #waiting = new Map();
  #next = 1;

  /** `shown`: its window is opened, on a screen of that size, with these variables besides; otherwise it stays out of sight. */
  constructor(home, { port, video = { width: 320, height: 180, fps: 15, kbps: 300 }, shown = null }) {
    Object.assign(this, { home, port, video, shown });
    this.config = path.join(home, "config", "obs-studio");
  }

  /** Writes the home folder: settings, two profiles and the clip. */
  prepare() {
    const { config, video } = this;
    for (const folder of ["basic/profiles/Stock", "basic/profiles/Short", "basic/scenes"]) {
      mkdirSync(path.join(config, folder), { recursive: true });
    }
    mkdirSync(path.join(this.home, "run"), { recursive: true, mode: 0o700 });
    writeFileSync(
      path.join(config, "global.ini"),
      ini({
        General: { FirstRun: true, EnableAutoUpdates: false },
        Basic: { Profile: "Stock", ProfileDir: "Stock", SceneCollection: "Try", SceneCollectionFile: "Try", ConfigOnNewProfile: false },
        BasicWindow: { SysTrayEnabled: true, WarnBeforeStartingStream: false, WarnBeforeStoppingStream: false },
        OBSWebSocket: { FirstLoad: false, ServerEnabled: true, ServerPort: this.port, AlertsEnabled: false, AuthRequired: false },
      }),
    );
    writeFileSync(path.join(config, "basic/profiles/Stock/basic.ini"), profile("Stock", video));
    writeFileSync(
      path.join(config, "basic/profiles/Short/basic.ini"),
      profile("Short", video, `keyint=${2 * video.fps}`),
    );
    this.clip = path.join(this.home, "clip.mp4");
    execFileSync("ffmpeg", [
      "-hide_banner", "-loglevel", "error", "-y",
      "-f", "lavfi", "-i", `testsrc2=size=${video.width}x${video.height}:rate=${video.fps}`,
      "-f", "lavfi", "-i", "sine=frequency=440:sample_rate=48000",
      "-t", "20", "-c:v", "libx264", "-preset", "ultrafast", "-g", String(video.fps), "-pix_fmt", "yuv420p",
      "-c:a", "aac", "-ac", "2", this.clip,
    ]);
  }

  /** Starts Xvfb and OBS and waits until OBS can be asked. */
  async start(args = []) {
    const { home } = this;
    this.xvfb = await display(this.home, this.shown?.screen);
    const out = openSync(path.join(home, "obs.out"), "a");
    this.process = spawn(
      "obs",
      ["--multi", ...(this.shown ? [] : ["--minimize-to-tray"]), "--disable-updater", "--disable-missing-files-check", ...args],
      {
        env: {
          PATH: process.env.PATH,
          LANG: "C.UTF-8",
          HOME: home,
          XDG_CONFIG_HOME: path.join(home, "config"),
          XDG_RUNTIME_DIR: path.join(home, "run"),
          DISPLAY: this.xvfb.name,
          QT_QPA_PLATFORM: "xcb",
          LIBGL_ALWAYS_SOFTWARE: "1",
          ...this.shown?.env,
        },
        stdio: ["ignore", out, out],
      },
    );
    closeSync(out);
    this.gone = new Promise((resolve) => this.process.once("exit", (code, signal) => resolve({ code, signal })));
    for (const end = Date.now() + 30_000; ; await sleep(100)) {
      if (await this.#connect().catch(() => false)) break;
      if (this.process.exitCode !== null || Date.now() > end) throw new Error(`OBS did not start:\n${this.log().slice(-2_000)}`);
    }
    // It answers NotReady (207) until its window is up.
    for (const end = Date.now() + 20_000; ; await sleep(100)) {
      const done = await this.ask("GetSceneList").catch((error) => error);
      if (!(done instanceof Error)) break;
      if (Date.now() > end) throw done;
    }
    const { currentProgramSceneName: sceneName } = await this.ask("GetSceneList");
    const { inputs } = await this.ask("GetInputList");
    if (!inputs.some((input) => input.inputName === "Clip")) {
      await this.ask("CreateInput", {
        sceneName,
        inputName: "Clip",
        inputKind: "ffmpeg_source",
        inputSettings: { local_file: this.clip, looping: true },
      });
    }
  }

  async #connect() {
    const socket = new WebSocket(`ws://127.0.0.1:${this.port}`);
    await new Promise((resolve, reject) => {
      socket.once("error", reject);
      socket.on("message", (text) => {
        const { op, d } = JSON.parse(text);
        if (op === 0) socket.send(JSON.stringify({ op: 1, d: { rpcVersion: 1, eventSubscriptions: EVENTS } }));
        else if (op === 2) resolve();
        else if (op === 5) this.events.push({ type: d.eventType, data: d.eventData, at: Date.now() });
        else if (op === 7) {
          const { resolve, reject } = this.#waiting.get(d.requestId) ?? {};
          this.#waiting.delete(d.requestId);
          if (d.requestStatus.result) resolve?.(d.responseData ?? {});
          else reject?.(new Error(`${d.requestType}: ${d.requestStatus.code} ${d.requestStatus.comment ?? ""}`));
        }
      });
    });
    // Whoever still waits when OBS dies must not wait for ever.
    socket.on("error", () => {});
    socket.on("close", () => {
      for (const { reject } of this.#waiting.values()) reject(new Error("OBS closed its WebSocket"));
      this.#waiting.clear();
    });
    this.socket = socket;
    return true;
  }

  /** A request of obs-websocket 5. */
  ask(requestType, requestData = {}) {
    const requestId = String(this.#next++);
    return new Promise((resolve, reject) => {
      this.#waiting.set(requestId, { resolve, reject });
      this.socket.send(JSON.stringify({ op: 6, d: { requestType, requestId, requestData } }));
    });
  }

  /** The page's "Server" and "Stream Key", as a custom service. */
  service(server, key) {
    return this.ask("SetStreamServiceSettings", {
      streamServiceType: "rtmp_custom",
      streamServiceSettings: { server, key, use_auth: false },
    });
  }

  /** "Start Streaming"; gives the time of the click. */
  async stream() {
    const at = Date.now();
    await this.ask("StartStream");
    return at;
  }

  /** "Stop Streaming"; gives the time of the click. */
  async stop() {
    const at = Date.now();
    await this.ask("StopStream");
    return at;
  }

  status() {
    return this.ask("GetStreamStatus");
  }

  /** The names of the stream's output states since `at`: STARTING, STARTED, RECONNECTING … */
  states(at = 0) {
    return this.events
      .filter((event) => event.type === "StreamStateChanged" && event.at >= at)
      .map((event) => ({ state: event.data.outputState.replace("OBS_WEBSOCKET_OUTPUT_", ""), at: event.at }));
  }

  /** Everything in OBS's own log file. */
  log() {
    const folder = path.join(this.config, "logs");
    try {
      return readdirSync(folder).sort().map((file) => readFileSync(path.join(folder, file), "utf8")).join("");
    } catch {
      return readFileSync(path.join(this.home, "obs.out"), "utf8");
    }
  }

  /** Ends OBS as a closed window does, then Xvfb. */
  async close() {
    this.socket?.terminate();
    for (const child of [this.process, this.xvfb?.process]) {
      if (!child || child.exitCode !== null || child.signalCode !== null) continue;
      const gone = new Promise((resolve) => child.once("exit", resolve));
      child.kill("SIGINT");
      const late = setTimeout(() => child.kill("SIGKILL"), 5_000);
      await gone;
      clearTimeout(late);
    }
  }
}

/** Xvfb on a display of its own choice. */
async function display(home, screen = "1280x800") {
  const log = openSync(path.join(home, "xvfb.out"), "a");
  const child = spawn("Xvfb", ["-displayfd", "3", "-screen", "0", `${screen}x24`, "-nolisten", "tcp"], {
    stdio: ["ignore", log, log, "pipe"],
  });
  closeSync(log);
  const number = await new Promise((resolve, reject) => {
    child.stdio[3].once("data", (data) => resolve(String(data).trim()));
    child.once("error", reject);
    child.once("exit", (code) => reject(new Error(`Xvfb ended with ${code}`)));
  });
  return { process: child, name: `:${number}` };
}
