/**
 * One playback: hls.js bound to a video element, and the clock that drives what watches over it: latency, recovery from every kind of
 * stand-still (`remedies`), where the viewer is (`position`), which rung plays (`rungs`).
 * React sees it through `snapshot`/`subscribe` only. Browsers without Media Source Extensions play the playlist natively.
 *
 * `load` may be called again for a new broadcast; `destroy` ends everything. Errors never escape: they become states.
 */
import type Hls from "hls.js";
import { plainOf } from "./address";
import { Captions } from "./captions";
import { chosenBefore, keepChoice } from "./choices";
import { type HlsClass, loadHls } from "./hls-loader";
import { openHls } from "./hls-session";
import { type LatencyChoice, LatencyController, RESERVE } from "./latency";
import { bufferedEnd } from "./media-times";
import { watchNative } from "./native";
import { OwnSessions } from "./own-session";
import { Playhead } from "./playhead";
import { Position } from "./position";
import { Prod } from "./prod";
import type { How } from "./relief";
import { Remedies } from "./remedies";
import { BEHIND, depth } from "./rewind";
import { Rungs } from "./rungs";
import { type PlayerSnapshot, Shown } from "./snapshot";
import { Sound } from "./sound";
import { Start } from "./start";
import { Telling } from "./telling";

/** Pace of the latency controller, milliseconds. */
const TICK_MS = 50;

/** One for all players of the page; a test's page is nowhere. */
const sessions = new OwnSessions(() => sessionStorage, globalThis.window ?? new EventTarget());

export class PlayerEngine {
  private hls: Hls | null = null;
  private Hls: HlsClass | null = null;
  private url: string | null = null;
  private readonly latency = new LatencyController();
  private timer: ReturnType<typeof setInterval> | null = null;
  private readonly shown = new Shown();
  private readonly playhead = new Playhead();
  private readonly prod = new Prod();
  private readonly telling: Telling;
  private readonly start: Start;
  private readonly position: Position;
  private readonly rungs: Rungs;
  private readonly remedies: Remedies;
  /** Volume and mute. */
  readonly sound: Sound;
  readonly captions: Captions;
  /** Ends what the engine listens to. */
  private readonly ending = new AbortController();
  /** Ends what is listened to of a list that the element plays by itself. */
  private native: AbortController | null = null;
  private expected = true;
  private generation = 0;

  /** What ends a playback, or interrupts it, whoever plays it. */
  private readonly faults = {
    onUnplayable: (): void => {
      this.telling.failed("unsupported");
      this.halt();
      this.shown.change({ phase: "unsupported", behind: 0 });
    },
    onFatal: (kind: "media" | "network", status: number): void => {
      this.telling.failed(kind);
      this.remedies.failed(seconds(), kind, status);
    },
  };

  /** `silent` starts muted and neither reads nor changes the remembered mute. */
  constructor(
    private readonly video: HTMLVideoElement,
    silent = false,
  ) {
    this.sound = new Sound(video, silent, this.shown.change);
    this.start = new Start(video, this.sound, this.shown.change);
    const hls = () => this.hls;
    this.position = new Position(video, this.latency, hls);
    this.rungs = new Rungs(hls, this.shown);
    const { latency, position, rungs } = this;
    const open = () => void this.open();
    const play = () => void this.start.play();
    this.remedies = new Remedies({ video, latency, position, rungs, hls, open, play }, this.shown.change);
    this.telling = new Telling(video, () => (position.rewound ? null : position.behind));
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
      behind: this.position.behind,
      jitter: this.latency.jitter,
      rate: this.video.playbackRate,
    };
  }

  /**
   * For who wants to know more: hls.js, where it plays, how often playback ran dry, whether it is plain HLS although there are parts, and what the
   * rung that plays takes, bit/s.
   */
  get inside(): { hls: Hls | null; stalls: number; plain: boolean; takes: number | null } {
    const { hls } = this;
    const takes = this.rungs.cost.of(hls?.levels[this.snapshot().playing]);
    return { hls, stalls: this.latency.stalls, plain: this.remedies.plain, takes };
  }

  /** Starts (or starts anew) with the multivariant playlist at `url`. */
  async load(url: string): Promise<void> {
    this.url = url;
    this.position.forget();
    this.captions.forget();
    this.remedies.begin();
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
    this.remedies.begin();
    this.shown.change({ phase: "idle", behind: 0, depth: 0, needsClick: false });
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
    const broken = this.remedies.reset();
    if (broken || this.snapshot().phase === "unsupported") void this.open();
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
    this.position.keep(seconds(), true, this.expected);
    this.generation++;
    this.halt();
  }

  wake(): void {
    if (!this.url) return;
    this.remedies.reset();
    if (this.hls) this.hls.startLoad(-1);
    else void this.open();
  }

  destroy(): void {
    this.generation++;
    this.url = null;
    this.telling.close();
    this.halt();
    this.ending.abort();
    this.shown.close();
  }

  play(): void {
    this.start.wanted = true;
    const { position } = this;
    if (position.behind > position.liveWithin) position.rewound = true;
    void this.start.play();
  }

  togglePlay(): void {
    if (this.video.paused) this.play();
    else this.start.pause();
  }

  /** -1 is auto. */
  choose(index: number): void {
    this.rungs.choose(index);
  }

  /** The viewer does not want to wait for the next try. */
  tryAgain(): void {
    if (this.url) this.remedies.retry();
  }

  /** How much a viewer wants in hand, now and the next time: who is live is moved there at once, not over half a minute by the rate. */
  keepLatency(choice: LatencyChoice): void {
    keepChoice("latency", choice);
    this.reserve(choice);
    const live = this.playhead.started && !this.position.rewound && !this.video.paused;
    if (live) this.position.align();
  }

  /** Moves by `seconds` inside what is still available. */
  skip(seconds: number): void {
    if (this.playhead.started) this.rewindTo(this.position.behind - seconds);
  }

  /** Goes to what was `behind` seconds before the live edge; paused stays paused. */
  rewindTo(behind: number): void {
    this.position.rewindTo(behind);
    this.report(false);
  }

  jumpToLive(): void {
    this.start.wanted = true;
    this.position.toLive();
    this.report(false);
    void this.start.play();
  }

  private async open(): Promise<void> {
    const generation = ++this.generation;
    this.position.keep(seconds(), this.playhead.started, this.expected);
    this.halt();
    this.playhead.restart(seconds());
    this.shown.change({ phase: "loading", behind: 0, playing: -1 });
    try {
      this.Hls ??= await loadHls();
    } catch {
      if (generation === this.generation) this.startTicking();
      this.remedies.failed(seconds(), "network");
      return;
    }
    if (generation !== this.generation || !this.url) return;
    this.startTicking();
    if (!this.Hls.isSupported()) return this.openNatively();
    this.hls = this.attach(this.Hls, this.address(this.url));
    void this.start.play();
  }

  private openNatively(): void {
    if (!this.video.canPlayType("application/vnd.apple.mpegurl") || !this.url) {
      this.shown.change({ phase: "unsupported" });
      return;
    }
    this.native = new AbortController();
    const address = this.address(this.url);
    watchNative(this.video, address, this.faults, this.native.signal);
    this.video.src = address;
    void this.start.play();
  }

  private address(url: string): string {
    return this.remedies.plain ? plainOf(url) : url;
  }

  private attach(Class: HlsClass, url: string): Hls {
    const how = { reserve: this.latency.reserve, plain: this.remedies.plain };
    return openHls(Class, this.video, sessions.address(url), how, {
      onUserdata: (samples) => this.captions.take(samples),
      onQualities: (list) => this.rungs.offered(list, seconds()),
      onAuto: (unreadable) => this.rungs.failed(seconds(), unreadable),
      onList: (list) => {
        this.remedies.heard();
        sessions.heard(url, list);
        this.telling.heard(seconds(), list);
      },
      onPlaying: (index) => this.shown.change({ playing: index }),
      onLoaded: (what) => this.rungs.cost.loaded(seconds(), what),
      onAppended: () => {
        const end = bufferedEnd(this.video);
        if (end > 0) this.latency.arrived(seconds(), end);
      },
      ...this.faults,
    });
  }

  private startTicking(): void {
    this.timer ??= setInterval(() => this.tick(), TICK_MS);
  }

  private tick(): void {
    const now = seconds();
    const { video } = this;
    const still = this.playhead.look(now, video.currentTime, video.readyState >= video.HAVE_CURRENT_DATA);
    const { needsClick } = this.snapshot();
    const rightlyStill = video.ended || (video.paused ? !this.start.wanted || needsClick : !still);
    const waits = this.hls && this.playhead.started;
    if (waits && this.prod.look(now, video, bufferedEnd(video) - video.currentTime)) {
      this.position.moveTo(video.currentTime);
    }
    const unseen = isUnseen();
    const moves = this.playhead.started && !video.paused && !still;
    // Where nobody sees it a picture may stand; what broke is mended, too, for who listens.
    const mayStand = rightlyStill || !this.expected || (unseen && !this.remedies.isPlanned);
    const how: How = mayStand ? (moves ? "moves" : "rests") : "stands";
    if (this.remedies.watch(now, how, !unseen && !this.position.rewound)) return;
    const awaited = this.start.wanted && this.expected && !needsClick && !unseen;
    this.telling.look(now, this.playhead.started, !video.paused && !still, awaited);
    if (this.playhead.started) this.position.look(now);
    this.drive(now, still);
    this.report(still);
  }

  /** What is `still` is left to the remedies: jumps of ours would pass for a picture that moves. */
  private drive(now: number, still: boolean): void {
    const { video, position } = this;
    if (!this.hls || !this.playhead.started) return;
    this.latency.segment = this.remedies.plain ? (this.hls.latestLevelDetails?.targetduration ?? 0) : 0;
    const active = !still && !video.paused && !video.seeking && !isUnseen() && !position.rewound;
    const end = bufferedEnd(video);
    if (active && end === 0) return;
    const verdict = this.latency.step({ now, position: video.currentTime, bufferedEnd: end, active });
    if (verdict.seekTo !== null) position.moveTo(verdict.seekTo);
    if (Math.abs(video.playbackRate - verdict.rate) > 0.001) video.playbackRate = verdict.rate;
  }

  private report(still: boolean): void {
    const { video, position } = this;
    const phase = this.playhead.phase(this.snapshot().phase, video.paused, still);
    const late = this.playhead.started ? position.behind : 0;
    const told = position.rewound || video.paused || late > BEHIND + this.latency.target;
    const behind = told ? Math.round(late) : 0;
    this.shown.change({
      phase,
      behind: behind >= BEHIND ? behind : 0,
      depth: this.playhead.started ? depth(position.span) : 0,
    });
  }

  private reserve(choice: LatencyChoice): void {
    this.latency.reserve = RESERVE[choice];
    this.shown.change({ latency: choice });
  }

  private halt(): void {
    if (this.timer) clearInterval(this.timer);
    this.timer = null;
    this.rungs.cost.forget();
    this.hls?.destroy();
    this.hls = null;
    this.native?.abort();
    this.native = null;
    this.telling.heard(0, null);
    this.captions.restart();
    this.latency.moved();
    this.video.playbackRate = 1;
  }

  private listen(): void {
    const on = (target: EventTarget, name: string, handler: () => void) =>
      target.addEventListener(name, handler, { signal: this.ending.signal });
    on(this.video, "volumechange", this.sound.tell);
    on(this.video, "waiting", () => {
      const ours =
        this.playhead.started &&
        !this.video.seeking &&
        !this.position.rewound &&
        this.expected &&
        !document.hidden;
      if (ours) this.latency.stalled(seconds());
    });
    on(this.video, "seeking", () => this.latency.moved());
    on(document, "visibilitychange", () => {
      if (document.hidden) return;
      this.playhead.excuse(seconds());
      this.latency.moved();
    });
    on(window, "online", () => this.remedies.hurry(seconds()));
  }
}

/** Another tab is shown, and no small window of this one. */
function isUnseen(): boolean {
  return document.hidden && !document.pictureInPictureElement;
}

function seconds(): number {
  return performance.now() / 1000;
}
