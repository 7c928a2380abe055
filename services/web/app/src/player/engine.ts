/**
 * One playback: hls.js bound to a video element, the latency controller's driver, and recovery from every kind of stand-still.
 * React sees it through `snapshot`/`subscribe` only. Browsers without Media Source Extensions play the playlist natively.
 *
 * `load` may be called again for a new broadcast; `destroy` ends everything. Errors never escape: they become states.
 */
import type Hls from "hls.js";
import type { ErrorData, HlsConfig } from "hls.js";
import { type HlsClass, loadHls } from "./hls-loader";
import { LatencyController } from "./latency";
import { type Quality, qualities } from "./quality";
import { Recovery } from "./recovery";
import { rememberedVolume, rememberVolume } from "./volume";

/** Pace of the latency controller, milliseconds. */
const TICK_MS = 50;
/** Seconds behind the live edge from which the viewer is told, and offered the jump. */
const BEHIND_NOTICE = 3;
/** The picture counts as standing when the playhead did not move for so long, seconds. */
const STILL_AFTER = 0.5;

export interface PlayerSnapshot {
  phase: "idle" | "loading" | "playing" | "paused" | "waiting" | "unsupported";
  qualities: Quality[];
  /** Index chosen by hand, or -1 for auto. */
  chosen: number;
  /** Index that plays now, or -1. */
  playing: number;
  volume: number;
  muted: boolean;
  /** Muted by the browser's autoplay rule, not by the viewer. */
  mutedByBrowser: boolean;
  /** The browser wants a click before anything plays. */
  needsClick: boolean;
  /** Whole seconds behind the live edge; 0 when live. */
  behind: number;
}

const CONFIG: Partial<HlsConfig> = {
  lowLatencyMode: true,
  // The rate is ours: see latency.ts.
  maxLiveSyncPlaybackRate: 1,
  liveDurationInfinity: true,
  backBufferLength: 30,
  maxBufferLength: 20,
  // The source fits most links; ABR steps down within a few parts where it does not.
  abrEwmaDefaultEstimate: 6_000_000,
  abrEwmaDefaultEstimateMax: 20_000_000,
  testBandwidth: false,
  startLevel: -1,
  enableWorker: false,
};

export class PlayerEngine {
  private hls: Hls | null = null;
  private Hls: HlsClass | null = null;
  private url: string | null = null;
  private readonly latency = new LatencyController();
  private readonly recovery = new Recovery();
  private timer: ReturnType<typeof setInterval> | null = null;
  private listeners = new Set<() => void>();
  private off: Array<() => void> = [];
  private lastPosition = -1;
  private movedAt = 0;
  private started = false;
  private rewound = false;
  private wantsPlay = true;
  private expected = true;
  /** hls.js gave up; only loading anew helps. */
  private broken = false;
  private generation = 0;
  private state: PlayerSnapshot;

  /** `silent` starts muted and neither reads nor changes the remembered mute. */
  constructor(
    private readonly video: HTMLVideoElement,
    private readonly silent = false,
  ) {
    const { level, muted: wished } = rememberedVolume();
    const muted = silent || wished;
    video.volume = level;
    video.muted = muted;
    this.state = {
      phase: "idle",
      qualities: [],
      chosen: -1,
      playing: -1,
      volume: level,
      muted,
      mutedByBrowser: false,
      needsClick: false,
      behind: 0,
    };
    this.listen();
  }

  snapshot = (): PlayerSnapshot => this.state;
  subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  /** For measurements: seconds aimed for and seconds in hand. */
  get measures(): { target: number; ahead: number; jitter: number; rate: number } {
    return {
      target: this.latency.target,
      ahead: this.bufferedEnd() - this.video.currentTime,
      jitter: this.latency.jitter,
      rate: this.video.playbackRate,
    };
  }

  /** Starts (or starts anew) with the multivariant playlist at `url`. */
  async load(url: string): Promise<void> {
    this.url = url;
    this.recovery.reset();
    await this.open();
  }

  /** Ends playback but keeps the last picture. */
  stop(): void {
    this.generation++;
    this.url = null;
    this.halt();
    this.video.pause();
    this.change({ phase: "idle", behind: 0, needsClick: false });
  }

  /** Whether media should be arriving. While the broadcaster is away, standing still is right. */
  expectMedia(expected: boolean): void {
    const back = expected && !this.expected;
    this.expected = expected;
    if (!back || !this.url) return;
    this.recovery.reset();
    if (this.broken) void this.open();
    else this.hls?.startLoad(-1);
  }

  destroy(): void {
    this.generation++;
    this.url = null;
    this.halt();
    for (const off of this.off) off();
    this.off = [];
    this.listeners.clear();
  }

  play(): void {
    this.wantsPlay = true;
    if (this.behindSeconds() > BEHIND_NOTICE) this.rewound = true;
    void this.tryPlay();
  }

  pause(): void {
    this.wantsPlay = false;
    this.video.pause();
  }

  togglePlay(): void {
    if (this.video.paused) this.play();
    else this.pause();
  }

  setMuted(muted: boolean): void {
    this.video.muted = muted;
    if (!muted && this.video.volume === 0) this.video.volume = 0.5;
    this.change({ mutedByBrowser: false });
    if (!this.silent) rememberVolume({ level: this.video.volume, muted });
  }

  setVolume(level: number): void {
    const clamped = Math.min(1, Math.max(0, level));
    this.video.volume = clamped;
    this.video.muted = clamped === 0;
    this.change({ mutedByBrowser: false });
    if (!this.silent) rememberVolume({ level: clamped, muted: clamped === 0 });
  }

  /** -1 is auto. */
  choose(index: number): void {
    if (!this.hls) return;
    // From the next fragment on: dropping what is buffered would stop the picture, since that is all there is.
    this.hls.loadLevel = index;
    this.change({ chosen: index });
  }

  /** Moves by `seconds` inside what is still available. */
  skip(seconds: number): void {
    const { seekable } = this.video;
    if (!seekable.length) return;
    const from = seekable.start(0) + 0.5;
    const to = this.edge() - this.latency.target;
    const goal = Math.min(to, Math.max(from, this.video.currentTime + seconds));
    this.rewound = to - goal > 0.5;
    this.moveTo(goal);
  }

  jumpToLive(): void {
    this.rewound = false;
    this.wantsPlay = true;
    this.moveTo(this.edge() - this.latency.target);
    void this.tryPlay();
  }

  private async open(): Promise<void> {
    const generation = ++this.generation;
    this.halt();
    this.started = false;
    this.rewound = false;
    this.broken = false;
    this.movedAt = seconds();
    this.change({ phase: "loading", behind: 0, playing: -1 });
    try {
      this.Hls ??= await loadHls();
    } catch {
      if (generation === this.generation) this.startTicking();
      this.recovery.failed(seconds(), "network");
      return;
    }
    if (generation !== this.generation || !this.url) return;
    this.startTicking();
    if (!this.Hls.isSupported()) return this.openNatively();
    this.attach(new this.Hls(CONFIG), this.Hls, this.url);
    void this.tryPlay();
  }

  private openNatively(): void {
    if (!this.video.canPlayType("application/vnd.apple.mpegurl") || !this.url) {
      this.change({ phase: "unsupported" });
      return;
    }
    this.video.src = this.url;
    void this.tryPlay();
  }

  private attach(hls: Hls, Class: HlsClass, url: string): void {
    this.hls = hls;
    const { Events } = Class;
    hls.on(Events.MANIFEST_PARSED, () => {
      this.change({ qualities: qualities(hls.levels), chosen: -1 });
    });
    hls.on(Events.LEVEL_SWITCHED, (_event, data) => this.change({ playing: data.level }));
    hls.on(Events.BUFFER_APPENDED, () => {
      const end = this.bufferedEnd();
      if (end > 0) this.latency.arrived(seconds(), end);
    });
    hls.on(Events.ERROR, (_event, data) => this.onError(Class, data));
    hls.attachMedia(this.video);
    hls.loadSource(url);
  }

  private onError(Class: HlsClass, data: ErrorData): void {
    if (!data.fatal) return;
    const media = data.type === Class.ErrorTypes.MEDIA_ERROR;
    this.broken = !media;
    const remedy = this.recovery.failed(seconds(), media ? "media" : "network");
    if (remedy) this.apply(remedy);
  }

  private apply(remedy: "resync" | "recover-media" | "reload"): void {
    if (remedy === "reload") {
      void this.open();
      return;
    }
    this.latency.moved();
    if (remedy === "recover-media") {
      this.hls?.recoverMediaError();
    } else {
      this.hls?.startLoad(-1);
      const end = this.lastBufferedEnd();
      if (end > this.video.currentTime + 0.2)
        this.moveTo(Math.max(this.video.currentTime, end - this.latency.target));
    }
    void this.tryPlay();
  }

  private async tryPlay(): Promise<void> {
    if (!this.wantsPlay) return;
    try {
      await this.video.play();
      this.change({ needsClick: false });
    } catch (error) {
      if (!(error instanceof DOMException) || error.name !== "NotAllowedError") return;
      if (this.video.muted) {
        this.change({ needsClick: true });
        return;
      }
      this.video.muted = true;
      this.change({ mutedByBrowser: true });
      void this.tryPlay();
    }
  }

  private startTicking(): void {
    this.timer ??= setInterval(() => this.tick(), TICK_MS);
  }

  private tick(): void {
    const now = seconds();
    const { video } = this;
    if (video.currentTime !== this.lastPosition) {
      this.lastPosition = video.currentTime;
      this.movedAt = now;
      if (video.readyState >= 2) this.started = true;
    }
    const still = now - this.movedAt > STILL_AFTER;
    const rightlyStill = video.ended || (video.paused ? !this.wantsPlay || this.state.needsClick : !still);
    const remedy = this.recovery.watch(now, rightlyStill || !this.expected || document.hidden);
    if (remedy) {
      this.apply(remedy);
      return;
    }
    this.drive(now);
    this.report(still);
  }

  private drive(now: number): void {
    const { video } = this;
    if (!this.hls || !this.started) return;
    const active = !video.paused && !video.seeking && !document.hidden && !this.rewound;
    const end = this.bufferedEnd();
    if (active && end === 0) return;
    const verdict = this.latency.step({ now, position: video.currentTime, bufferedEnd: end, active });
    if (verdict.seekTo !== null) this.moveTo(verdict.seekTo);
    if (Math.abs(video.playbackRate - verdict.rate) > 0.001) video.playbackRate = verdict.rate;
  }

  private report(still: boolean): void {
    const { video } = this;
    let phase: PlayerSnapshot["phase"] = this.state.phase;
    if (phase !== "unsupported") {
      if (!this.started) phase = "loading";
      else if (video.paused) phase = "paused";
      else phase = still ? "waiting" : "playing";
    }
    const late = this.started ? this.behindSeconds() : 0;
    const behind =
      this.rewound || video.paused || late > BEHIND_NOTICE + this.latency.target ? Math.round(late) : 0;
    this.change({ phase, behind: behind >= BEHIND_NOTICE ? behind : 0 });
  }

  private moveTo(position: number): void {
    if (!Number.isFinite(position) || position < 0) return;
    this.latency.moved();
    this.video.currentTime = position;
  }

  /** End of the buffered range around the playhead; 0 when there is none. */
  private bufferedEnd(): number {
    const { buffered, currentTime } = this.video;
    for (let i = 0; i < buffered.length; i++) {
      if (buffered.start(i) <= currentTime + 0.1 && currentTime <= buffered.end(i)) return buffered.end(i);
    }
    return 0;
  }

  private lastBufferedEnd(): number {
    const { buffered } = this.video;
    return buffered.length ? buffered.end(buffered.length - 1) : 0;
  }

  /** The newest moment known to exist: of the playlist or of the buffer. */
  private edge(): number {
    const details = this.hls?.latestLevelDetails;
    const { seekable } = this.video;
    const listed = details ? details.edge : seekable.length ? seekable.end(seekable.length - 1) : 0;
    return Math.max(Number.isFinite(listed) ? listed : 0, this.lastBufferedEnd());
  }

  private behindSeconds(): number {
    return Math.max(0, this.edge() - this.video.currentTime);
  }

  private halt(): void {
    if (this.timer) clearInterval(this.timer);
    this.timer = null;
    this.hls?.destroy();
    this.hls = null;
    this.latency.moved();
    this.video.playbackRate = 1;
  }

  private listen(): void {
    const on = (name: string, handler: () => void) => {
      this.video.addEventListener(name, handler);
      this.off.push(() => this.video.removeEventListener(name, handler));
    };
    on("volumechange", () => this.change({ volume: this.video.volume, muted: this.video.muted }));
    on("waiting", () => {
      const ours = this.started && !this.video.seeking && !this.rewound && this.expected && !document.hidden;
      if (ours) this.latency.stalled(seconds());
    });
    on("seeking", () => this.latency.moved());
    const shown = () => {
      if (document.hidden) return;
      this.movedAt = seconds();
      this.latency.moved();
    };
    document.addEventListener("visibilitychange", shown);
    this.off.push(() => document.removeEventListener("visibilitychange", shown));
  }

  private change(part: Partial<PlayerSnapshot>): void {
    const keys = Object.keys(part) as Array<keyof PlayerSnapshot>;
    if (keys.every((key) => this.state[key] === part[key])) return;
    this.state = { ...this.state, ...part };
    for (const listener of [...this.listeners]) listener();
  }
}

function seconds(): number {
  return performance.now() / 1000;
}
