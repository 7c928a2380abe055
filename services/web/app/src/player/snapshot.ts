/** What a player shows of itself, and who is told when it changes. */
import type { LatencyChoice } from "./latency";
import type { Quality } from "./quality";
import type { Trouble } from "./trouble";

export interface PlayerSnapshot {
  phase: "idle" | "loading" | "playing" | "paused" | "waiting" | "unsupported";
  qualities: Quality[];
  /** Index chosen by hand, or -1 for auto. */
  chosen: number;
  /** Index of the best that is played for now, since what is above it does not arrive; or -1. */
  capped: number;
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
  /** Whole seconds that one can go back; 0 where nothing is known. */
  depth: number;
  /** Name of a quality that was chosen by hand and is gone; for some seconds. */
  lost: string | null;
  /** Name of a quality that was chosen by hand, does not arrive and will be tried again; for some seconds. */
  lowered: string | null;
  /** What is wrong, once enough was tried in vain; until the picture moves. */
  trouble: Trouble | null;
  latency: LatencyChoice;
  /** Whether there are captions, and whether they are shown. */
  captions: "none" | "off" | "on";
}

export const IDLE: PlayerSnapshot = {
  phase: "idle",
  qualities: [],
  chosen: -1,
  capped: -1,
  playing: -1,
  volume: 1,
  muted: false,
  mutedByBrowser: false,
  needsClick: false,
  behind: 0,
  depth: 0,
  lost: null,
  lowered: null,
  trouble: null,
  latency: "low",
  captions: "none",
};

/** The present snapshot; a new object at each change, none where nothing changes. */
export class Shown {
  private state = IDLE;
  private listeners = new Set<() => void>();

  get = (): PlayerSnapshot => this.state;

  subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  change = (part: Partial<PlayerSnapshot>): void => {
    const keys = Object.keys(part) as Array<keyof PlayerSnapshot>;
    if (keys.every((key) => this.state[key] === part[key])) return;
    this.state = { ...this.state, ...part };
    for (const listener of [...this.listeners]) listener();
  };

  close(): void {
    this.listeners.clear();
  }
}
