/**
 * Where a viewer is who went back: seconds behind the live edge, inside of what can still be had. Pure; the engine moves the playhead.
 *
 * Seconds behind are what stays true while the broadcast goes on and its list grows; moments are of the media's own time.
 */
import { plural, t } from "@lingui/core/macro";

/** From so many seconds behind the live edge on a viewer is told, offered the way back, and not brought closer to live unasked. */
export const BEHIND = 3;
/** Seconds kept from the oldest moment: it leaves the list next. */
const FROM_OLDEST = 0.5;

/** What can be had: moments of the media's time. */
export interface Span {
  oldest: number;
  edge: number;
}

/** Whole seconds that one can go back; 0 for none. */
export function depth({ oldest, edge }: Span): number {
  const seconds = Math.floor(edge - oldest - FROM_OLDEST);
  return Number.isFinite(seconds) ? Math.max(0, seconds) : 0;
}

/** The moment `behind` seconds before the edge, or the oldest there is; null where that is as good as live. */
export function momentBehind({ oldest, edge }: Span, behind: number): number | null {
  const moment = Math.max(edge - behind, oldest + FROM_OLDEST);
  return edge - moment < BEHIND ? null : moment;
}

/** Keeps a viewer's place over a reload, whose clock is another one. */
export class Place {
  private kept: { behind: number; at: number; running: boolean } | null = null;

  /** `behind` seconds at `now`; `running`: the broadcast goes on meanwhile while the picture stands. */
  keep(now: number, behind: number, running: boolean): void {
    this.kept = { behind, at: now, running };
  }

  forget(): void {
    this.kept = null;
  }

  /** Seconds behind at `now` that the same place is at; once, null after it. */
  take(now: number): number | null {
    const { kept } = this;
    this.kept = null;
    return kept && kept.behind + (kept.running ? now - kept.at : 0);
  }

  get waiting(): boolean {
    return this.kept !== null;
  }
}

/** "−12:34", "−1:02:03". */
export function behindClock(seconds: number): string {
  const h = Math.floor(seconds / 3600);
  const m = Math.floor((seconds % 3600) / 60);
  const two = (n: number) => String(n).padStart(2, "0");
  const s = two(Math.floor(seconds % 60));
  return h ? `−${h}:${two(m)}:${s}` : `−${m}:${s}`;
}

/** For screen readers: "12 minutes 34 seconds behind live". */
export function behindWords(seconds: number): string {
  if (seconds < BEHIND) return t`Live`;
  const [h, m, s] = [seconds / 3600, (seconds % 3600) / 60, seconds % 60].map(Math.floor) as [
    number,
    number,
    number,
  ];
  const time = [
    h > 0 && plural(h, { one: "# hour", other: "# hours" }),
    m > 0 && plural(m, { one: "# minute", other: "# minutes" }),
    s > 0 && plural(s, { one: "# second", other: "# seconds" }),
  ]
    .filter(Boolean)
    .join(" ");
  return t`${time} behind live`;
}
