/**
 * Sends beacons: that somebody watches, and how they fare, as a delta since the last one. One that did not arrive is told with the next. What
 * the page does not see is not told of; when it is left, the rest goes at once.
 */
import { Beacon } from "./beacon";
import { type Delta, Qoe } from "./qoe";
import type { Telling } from "./telling";

export class Teller {
  private readonly beacon = new Beacon();
  private readonly qoe = new Qoe();

  constructor(private readonly of: Telling) {
    this.beacon.asked(seconds(), of.list);
    addEventListener("pagehide", this.flush);
    document.addEventListener("visibilitychange", this.left);
    if (of.faults.length > 0) this.flush();
  }

  heard(now: number, list: string | null): void {
    this.beacon.asked(now, list);
  }

  look(now: number, plays: boolean, awaited: boolean): void {
    const { video, started } = this.of;
    this.qoe.look(now, video.currentTime, video.seeking, awaited && started);
    const url = this.beacon.look(now, plays, awaited);
    if (url) this.send(url, awaited ? this.take() : null);
  }

  flush = (): void => {
    const url = this.beacon.now(seconds());
    const delta = url ? this.take() : null;
    if (url && delta) this.send(url, delta);
  };

  close(): void {
    this.flush();
    removeEventListener("pagehide", this.flush);
    document.removeEventListener("visibilitychange", this.left);
  }

  private left = (): void => {
    if (document.hidden) this.flush();
  };

  private take(): Delta | null {
    const { of, qoe } = this;
    for (const fault of of.faults.splice(0)) qoe.failed(fault);
    qoe.started(of.startMs);
    of.startMs = null;
    return qoe.take(of.video.videoHeight, of.behind(), of.video.getVideoPlaybackQuality?.());
  }

  private send(url: string, delta: Delta | null): void {
    const back = () => {
      if (delta) this.qoe.giveBack(delta);
    };
    // A text: browsers would ask before they send JSON from a page of another origin.
    const body = delta && JSON.stringify(delta);
    fetch(url, { method: "POST", keepalive: true, body }).then(({ status }) => {
      if (status === 429 || status >= 500) back();
    }, back);
  }
}

function seconds(): number {
  return performance.now() / 1000;
}
