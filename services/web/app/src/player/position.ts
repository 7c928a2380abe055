/**
 * Where in the broadcast a viewer is, and moving there: seconds behind the live edge, what is live, the way back and its end, the place that is kept
 * over a reload. `rewind` has the arithmetic; the playhead is moved by this and the latency controller's driver alone.
 */
import type Hls from "hls.js";
import type { LatencyController } from "./latency";
import { liveEdge, oldestMoment } from "./media-times";
import { BEHIND, momentBehind, Place, type Span } from "./rewind";

export class Position {
  /** The viewer went back, or paused for long; nobody brings the picture closer to live unasked. */
  rewound = false;
  private readonly place = new Place();

  constructor(
    private readonly video: HTMLVideoElement,
    private readonly latency: LatencyController,
    private readonly hls: () => Hls | null,
  ) {}

  /** Seconds behind the live edge. */
  get behind(): number {
    return Math.max(0, liveEdge(this.video, this.hls()) - this.video.currentTime);
  }

  /** The moment that is live for this viewer. */
  get live(): number {
    return liveEdge(this.video, this.hls()) - this.latency.target;
  }

  /** Who is closer to the edge than this is live, seconds. */
  get liveWithin(): number {
    return BEHIND + this.latency.lasting;
  }

  get span(): Span {
    const hls = this.hls();
    return { oldest: oldestMoment(this.video, hls), edge: liveEdge(this.video, hls) };
  }

  moveTo(moment: number): void {
    if (!Number.isFinite(moment) || moment < 0) return;
    this.latency.moved();
    this.video.currentTime = moment;
  }

  /** Goes to what was `behind` seconds before the live edge. */
  rewindTo(behind: number): void {
    const moment = momentBehind(this.span, behind);
    this.rewound = moment !== null;
    this.moveTo(moment ?? this.live);
  }

  toLive(): void {
    this.rewound = false;
    this.moveTo(this.live);
  }

  /** To where live is now, by whatever the viewer wants in hand. */
  align(): void {
    this.moveTo(Math.max(this.span.oldest, this.live));
  }

  /** What plays ends and begins anew; `started`: there was a picture. `running`: the broadcast goes on meanwhile. */
  keep(now: number, started: boolean, running: boolean): void {
    if (this.rewound && started) this.place.keep(now, this.behind, running);
    this.rewound = false;
  }

  /** There is a picture: goes on where a reload found the viewer; and who has come close to live is live again. */
  look(now: number): void {
    const { video } = this;
    if (this.place.waiting) {
      const behind = this.place.take(now);
      if (behind !== null) this.rewindTo(behind);
    } else if (this.rewound && !video.paused && !video.seeking && this.behind < this.liveWithin) {
      this.rewound = false;
    }
  }

  /** Another broadcast. */
  forget(): void {
    this.rewound = false;
    this.place.forget();
  }
}
