/**
 * One playback: hls.js bound to a video element, the latency controller's driver, and recovery from every kind of stand-still.
 * React sees it through `snapshot`/`subscribe` only. Browsers without Media Source Extensions play the playlist natively.
 *
 * `load` may be called again for a new broadcast; `destroy` ends everything. Errors never escape: they become states.
 */
import type Hls from "hls.js";
import { Captions } from "./captions";
import { chosenBefore, keepChoice } from "./choices";
import { type HlsClass, loadHls } from "./hls-loader";
import { openHls } from "./hls-session";
import { type LatencyChoice, LatencyController, RESERVE } from "./latency";
import { bufferedEnd, lastBufferedEnd, liveEdge, oldestMoment } from "./media-times";
import { OwnSessions } from "./own-session";
import { Playhead } from "./playhead";
import { Prod } from "./prod";
import { Recovery } from "./recovery";
import { BEHIND, depth, momentBehind, Place, type Span } from "./rewind";
import { type PlayerSnapshot, Shown } from "./snapshot";
import { Sound } from "./sound";
import { Start } from "./start";
import { Telling } from "./telling";

/** Pace of the latency controller, milliseconds. */
const TICK_MS = 50;
/** A quality that is gone is named for so long, seconds. */
const LOST_SHOWN = 8;

/** One for all players of the page; a test's page is nowhere. */
const sessions = new OwnSessions(() => sessionStorage, globalThis.window ?? new EventTarget());

export class PlayerEngine {
  private hls: Hls | null = null;
  private Hls: HlsClass | null = null;
  private url: string | null = null;
  private readonly latency = new LatencyController();
  private readonly recovery = new Recovery();
  private timer: ReturnType<typeof setInterval> | null = null;
  private readonly shown = new Shown();
  private readonly playhead = new Playhead();
  private readonly prod = new Prod();
  private readonly telling: Telling;
  private readonly start: Start;
  /** Volume and mute. */
  readonly sound: Sound;
  readonly captions: Captions;
  private off: Array<() => void> = [];
  /** The viewer went back, or paused for long; nobody brings the picture closer to live unasked. */
  private rewound = false;
  /** Where to go on after a reload. */
  private readonly place = new Place();
  private lostAt = 0;
  private expected = true;
  /** hls.js gave up; only loading anew helps. */
  private broken = false;
  private generation = 0;

  /** `silent` starts muted and neither reads nor changes the remembered mute. */
  constructor(
    private readonly video: HTMLVideoElement,
    silent = false,
  ) {
    this.sound = new Sound(video, silent, this.shown.change);
    this.start = new Start(video, this.sound, this.shown.change);
    this.telling = new Telling(video, () => (this.rewound ? null : this.behindSeconds()));
    this.captions = new Captions(video, this.shown.change);
    this.reserve(chosenBefore("latency") === "smooth" ? "smooth" : "low");
    this.listen();
  }

  snapshot = (): PlayerSnapshot => this.shown.get();
  subscribe = this.shown.subscribe;

  /** For measurements: seconds aimed for, seconds in hand, seconds behind the live edge. */
  get measures(): { target: number; ahead: number; behind: number; jitter: number; rate: number } {
    return {
      target: this.latency.target,
      ahead: bufferedEnd(this.video) - this.video.currentTime,
      behind: this.behindSeconds(),
      jitter: this.latency.jitter,
      rate: this.video.playbackRate,
    };
  }

  /** For who wants to know more: hls.js, where it plays, and how often playback ran dry. */
  get inside(): { hls: Hls | null; stalls: number } {
    return { hls: this.hls, stalls: this.latency.stalls };
  }

  /** Starts (or starts anew) with the multivariant playlist at `url`. */
  async load(url: string): Promise<void> {
    this.url = url;
    this.rewound = false;
    this.place.forget();
    this.captions.forget();
    this.recovery.reset();
    this.telling.begin(seconds());
    await this.open();
  }

  /** The same playlist at another address: whatever is loaded anew is loaded from there. */
  renewed(url: string): void {
    if (this.url) this.url = url;
  }

  /** Ends playback but keeps the last picture. */
  stop(): void {
    this.generation++;
    this.url = null;
    this.telling.end();
    this.halt();
    this.video.pause();
    this.captions.forget();
    this.shown.change({ phase: "idle", behind: 0, depth: 0, lost: null, needsClick: false });
  }

  /**
   * Whether media should be arriving. While the broadcaster is away, standing still is right. hls.js asks on by itself: told to start
   * anew just when the new session's keyframe came, it would begin behind that keyframe and show nothing until the next. Where nothing
   * asks any more it is opened again: after an error, and where the codecs of before could not be played, for the new ones may be.
   */
  expectMedia(expected: boolean): void {
    const back = expected && !this.expected;
    this.expected = expected;
    if (!back || !this.url) return;
    this.recovery.reset();
    if (this.broken || this.snapshot().phase === "unsupported") void this.open();
  }

  /** The broadcast has other renditions than before: perhaps one that can be played. */
  renditionsChanged(): void {
    if (this.url && this.snapshot().phase === "unsupported") void this.open();
  }

  /** The page is put away and may come back: nothing stays open to the network. A picture that stands stays, one that moves begins anew. */
  rest(): void {
    if (!this.url) return;
    if (this.video.paused) {
      this.hls?.stopLoad();
      return;
    }
    if (this.rewound) this.place.keep(seconds(), this.behindSeconds(), this.expected);
    this.rewound = false;
    this.generation++;
    this.halt();
  }

  wake(): void {
    if (!this.url) return;
    this.recovery.reset();
    if (this.hls) this.hls.startLoad(-1);
    else void this.open();
  }

  destroy(): void {
    this.generation++;
    this.url = null;
    this.telling.close();
    this.halt();
    for (const off of this.off) off();
    this.off = [];
    this.shown.close();
  }

  play(): void {
    this.start.wanted = true;
    if (this.behindSeconds() > this.liveWithin()) this.rewound = true;
    void this.start.play();
  }

  togglePlay(): void {
    if (this.video.paused) this.play();
    else this.start.pause();
  }

  /** -1 is auto. */
  choose(index: number): void {
    if (!this.hls) return;
    // From the next fragment on: dropping what is buffered would stop the picture, since that is all there is.
    this.hls.loadLevel = index;
    this.shown.change({ chosen: index, lost: null });
  }

  /** How much a viewer wants in hand, now and the next time: who is live is moved there at once, not over half a minute by the rate. */
  keepLatency(choice: LatencyChoice): void {
    keepChoice("latency", choice);
    this.reserve(choice);
    const live = this.playhead.started && !this.rewound && !this.video.paused;
    if (live) this.moveTo(Math.max(this.span().oldest, this.livePosition()));
  }

  /** Moves by `seconds` inside what is still available. */
  skip(seconds: number): void {
    if (this.playhead.started) this.rewindTo(this.behindSeconds() - seconds);
  }

  /** Goes to what was `behind` seconds before the live edge; paused stays paused. */
  rewindTo(behind: number): void {
    const moment = momentBehind(this.span(), behind);
    this.rewound = moment !== null;
    this.moveTo(moment ?? this.livePosition());
    this.report(false);
  }

  jumpToLive(): void {
    this.rewound = false;
    this.start.wanted = true;
    this.moveTo(this.livePosition());
    this.report(false);
    void this.start.play();
  }

  private async open(): Promise<void> {
    const generation = ++this.generation;
    if (this.rewound && this.playhead.started) {
      this.place.keep(seconds(), this.behindSeconds(), this.expected);
    }
    this.halt();
    this.playhead.restart(seconds());
    this.rewound = false;
    this.broken = false;
    this.shown.change({ phase: "loading", behind: 0, playing: -1 });
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
    this.hls = this.attach(this.Hls, this.url);
    void this.start.play();
  }

  private openNatively(): void {
    if (!this.video.canPlayType("application/vnd.apple.mpegurl") || !this.url) {
      this.shown.change({ phase: "unsupported" });
      return;
    }
    this.video.src = this.url;
    void this.start.play();
  }

  private attach(Class: HlsClass, url: string): Hls {
    return openHls(Class, this.video, sessions.address(url), this.latency.reserve, {
      onUserdata: (samples) => this.captions.take(samples),
      onQualities: (list, chosen) => this.shown.change({ qualities: list, chosen }),
      onAuto: () => this.chosenIsGone(),
      onList: (list) => {
        sessions.heard(url, list);
        this.telling.heard(seconds(), list);
      },
      onPlaying: (index) => this.shown.change({ playing: index }),
      onAppended: () => {
        const end = bufferedEnd(this.video);
        if (end > 0) this.latency.arrived(seconds(), end);
      },
      onUnplayable: () => {
        this.telling.failed("unsupported");
        this.halt();
        this.shown.change({ phase: "unsupported", behind: 0 });
      },
      onFatal: (kind) => {
        this.broken = kind === "network";
        this.telling.failed(kind);
        const remedy = this.recovery.failed(seconds(), kind);
        if (remedy) this.apply(remedy);
      },
    });
  }

  private chosenIsGone(): void {
    const { chosen, qualities } = this.snapshot();
    if (chosen === -1) return;
    this.lostAt = seconds();
    this.shown.change({ chosen: -1, lost: qualities.find((q) => q.index === chosen)?.name ?? null });
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
      const end = lastBufferedEnd(this.video);
      if (!this.rewound && end > this.video.currentTime + 0.2)
        this.moveTo(Math.max(this.video.currentTime, end - this.latency.target));
    }
    void this.start.play();
  }

  private startTicking(): void {
    this.timer ??= setInterval(() => this.tick(), TICK_MS);
  }

  private tick(): void {
    const now = seconds();
    const { video } = this;
    const still = this.playhead.look(now, video.currentTime, video.readyState >= video.HAVE_CURRENT_DATA);
    const rightlyStill =
      video.ended || (video.paused ? !this.start.wanted || this.snapshot().needsClick : !still);
    const waits = this.hls && this.playhead.started;
    if (waits && this.prod.look(now, video, bufferedEnd(video) - video.currentTime)) {
      this.moveTo(video.currentTime);
    }
    // Where nobody sees it a picture may stand; what broke is mended, too, for who listens.
    const unseen = isUnseen();
    const remedy = this.recovery.watch(
      now,
      rightlyStill || !this.expected || (unseen && !this.recovery.isPlanned),
    );
    if (remedy) {
      this.apply(remedy);
      return;
    }
    const awaited = this.start.wanted && this.expected && !this.snapshot().needsClick && !unseen;
    this.telling.look(now, this.playhead.started, !video.paused && !still, awaited);
    this.keepPlace(now);
    this.drive(now);
    this.report(still);
    if (this.snapshot().lost && now - this.lostAt > LOST_SHOWN) this.shown.change({ lost: null });
  }

  /** Goes on where a reload found the viewer; and who has come close to live is live again. */
  private keepPlace(now: number): void {
    const { video } = this;
    if (!this.playhead.started) return;
    if (this.place.waiting) {
      const behind = this.place.take(now);
      if (behind !== null) this.rewindTo(behind);
    } else if (this.rewound && !video.paused && !video.seeking && this.behindSeconds() < this.liveWithin()) {
      this.rewound = false;
    }
  }

  private drive(now: number): void {
    const { video } = this;
    if (!this.hls || !this.playhead.started) return;
    const active = !video.paused && !video.seeking && !isUnseen() && !this.rewound;
    const end = bufferedEnd(this.video);
    if (active && end === 0) return;
    const verdict = this.latency.step({ now, position: video.currentTime, bufferedEnd: end, active });
    if (verdict.seekTo !== null) this.moveTo(verdict.seekTo);
    if (Math.abs(video.playbackRate - verdict.rate) > 0.001) video.playbackRate = verdict.rate;
  }

  private report(still: boolean): void {
    const { video } = this;
    const phase = this.playhead.phase(this.snapshot().phase, video.paused, still);
    const late = this.playhead.started ? this.behindSeconds() : 0;
    const behind = this.rewound || video.paused || late > BEHIND + this.latency.target ? Math.round(late) : 0;
    this.shown.change({
      phase,
      behind: behind >= BEHIND ? behind : 0,
      depth: this.playhead.started ? depth(this.span()) : 0,
    });
  }

  private moveTo(position: number): void {
    if (!Number.isFinite(position) || position < 0) return;
    this.latency.moved();
    this.video.currentTime = position;
  }

  private behindSeconds(): number {
    return Math.max(0, liveEdge(this.video, this.hls) - this.video.currentTime);
  }

  private livePosition(): number {
    return liveEdge(this.video, this.hls) - this.latency.target;
  }

  private reserve(choice: LatencyChoice): void {
    this.latency.reserve = RESERVE[choice];
    this.shown.change({ latency: choice });
  }

  /** Who is closer to the edge than this is live, seconds. */
  private liveWithin(): number {
    return BEHIND + this.latency.reserve;
  }

  private span(): Span {
    return { oldest: oldestMoment(this.video, this.hls), edge: liveEdge(this.video, this.hls) };
  }

  private halt(): void {
    if (this.timer) clearInterval(this.timer);
    this.timer = null;
    this.hls?.destroy();
    this.hls = null;
    this.telling.heard(0, null);
    this.captions.restart();
    this.latency.moved();
    this.video.playbackRate = 1;
  }

  private listen(): void {
    const on = (name: string, handler: () => void) => {
      this.video.addEventListener(name, handler);
      this.off.push(() => this.video.removeEventListener(name, handler));
    };
    on("volumechange", this.sound.tell);
    on("waiting", () => {
      const ours =
        this.playhead.started && !this.video.seeking && !this.rewound && this.expected && !document.hidden;
      if (ours) this.latency.stalled(seconds());
    });
    on("seeking", () => this.latency.moved());
    const shown = () => {
      if (document.hidden) return;
      this.playhead.excuse(seconds());
      this.latency.moved();
    };
    document.addEventListener("visibilitychange", shown);
    this.off.push(() => document.removeEventListener("visibilitychange", shown));
  }
}

/** Another tab is shown, and no small window of this one. */
function isUnseen(): boolean {
  return document.hidden && !document.pictureInPictureElement;
}

function seconds(): number {
  return performance.now() / 1000;
}
