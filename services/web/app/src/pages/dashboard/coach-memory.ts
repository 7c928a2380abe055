/**
 * What the coach remembers: it says a condition only when it has held for some seconds, and stops saying it only when it has been
 * gone for some, so that nothing flickers. Also turns counts into what is new, and the bitrate into its swing. Pure: time is an
 * argument, in milliseconds.
 */
import type { Health, Rendition } from "../../api/contract";
import { type Advice, conditions, type Sight } from "./coach";

/** A condition is said after it has held for so long; some need longer to be told from a moment's scene. */
const HOLDS_MS = 4_000;
const HOLDS_OTHERWISE_MS: Record<string, number> = {
  // Judged by what has held for so long already.
  "upload-unsteady": 0,
  "bitrate-low": 20_000,
  "bitrate-high": 10_000,
  behind: 8_000,
};
/** It is no longer said after it was gone for so long. */
const GONE_MS = 6_000;
/** What is new is new for so long. */
const DROPS_MS = 30_000;
const RESTARTS_MS = 180_000;
const SWING_MS = 60_000;
/** Fewer seconds tell no swing. */
const SWING_LEAST = 30;
/** More would be read by nobody. */
const SAID = 4;

interface Sample {
  at: number;
  health: Health;
}

interface Condition {
  advice: Advice;
  since: number;
  last: number;
  said: boolean;
}

export class CoachMemory {
  private samples: Sample[] = [];
  private held = new Map<string, Condition>();

  /** Another broadcast, or another session of the encoder, whose counts begin at 0. */
  forget(): void {
    this.samples = [];
    this.held.clear();
  }

  /** Takes what arrived at `now`; gives what is to be said. */
  see(now: number, health: Health, renditions: Rendition[]): Advice[] {
    this.remember(now, health);
    const found = conditions(this.sight(now, health, renditions));
    for (const advice of found) {
      const known = this.held.get(advice.code);
      if (known) Object.assign(known, { advice, last: now });
      else this.held.set(advice.code, { advice, since: now, last: now, said: false });
    }
    for (const [code, condition] of this.held) {
      const gone = now - condition.last;
      // What was not said yet has to hold without a break.
      if (condition.said ? gone >= GONE_MS : gone > 0) this.held.delete(code);
      else if (now - condition.since >= (HOLDS_OTHERWISE_MS[code] ?? HOLDS_MS)) condition.said = true;
    }
    return this.said(found);
  }

  /**
   * The jitter that has lasted at `now`: the least of the last seconds, so that a single hiccup is none. The same number for the
   * coach and for the dashboard's figure, or the two would contradict each other. Undefined until enough was seen.
   */
  lastingJitter(now: number): number | undefined {
    const first = this.samples.findLastIndex((sample) => now - sample.at >= HOLDS_MS);
    if (first < 0) return undefined;
    const seen = this.samples.slice(first).flatMap(({ health }) => health.arrival_jitter_ms ?? []);
    return seen.length > 0 ? Math.min(...seen) : undefined;
  }

  /** In the order of importance, which `conditions` gives for those that hold; those just gone come last. */
  private said(found: Advice[]): Advice[] {
    const order = [...found.map((advice) => advice.code), ...this.held.keys()];
    const said = [...new Set(order)].flatMap((code) => {
      const condition = this.held.get(code);
      return condition?.said ? [condition.advice] : [];
    });
    return said.sort((a, b) => Number(b.grave) - Number(a.grave)).slice(0, SAID);
  }

  private remember(now: number, health: Health): void {
    const last = this.samples.at(-1)?.health;
    const anew = last && total(health) < total(last);
    if (anew) this.forget();
    this.samples.push({ at: now, health });
    while (this.samples[0] && now - this.samples[0].at > RESTARTS_MS) this.samples.shift();
  }

  private sight(now: number, health: Health, renditions: Rendition[]): Sight {
    const before = this.since(now - DROPS_MS);
    const drops: Record<string, number> = {};
    for (const { reason, count } of health.drops ?? []) {
      const known = before?.drops?.find((drop) => drop.reason === reason)?.count ?? 0;
      drops[reason] = Math.max(0, count - known);
    }
    const restarts = (health.worker_restarts ?? 0) - (this.samples[0]?.health.worker_restarts ?? 0);
    return {
      health: this.asShown(now, health),
      renditions,
      drops,
      restarts: Math.max(0, restarts),
      swing: this.swing(now),
    };
  }

  /** What arrived at `now`, with the jitter that has lasted. */
  asShown(now: number, health: Health): Health {
    const { arrival_jitter_ms: _, ...rest } = health;
    const jitter = this.lastingJitter(now);
    return jitter === undefined ? rest : { ...rest, arrival_jitter_ms: jitter };
  }

  /** The oldest sample that is not older than `from`. */
  private since(from: number): Health | undefined {
    return this.samples.find((sample) => sample.at >= from)?.health;
  }

  private swing(now: number): Sight["swing"] {
    const rates = this.samples
      .filter((sample) => now - sample.at <= SWING_MS)
      .flatMap(({ health }) => health.video_bitrate_bps || [])
      .sort((a, b) => a - b);
    if (rates.length < SWING_LEAST) return null;
    const edge = Math.floor(rates.length / 10);
    return { least: rates[edge] ?? 0, most: rates[rates.length - 1 - edge] ?? 0 };
  }
}

/** Counts of a session only grow. */
function total(health: Health): number {
  return (health.drops ?? []).reduce((sum, drop) => sum + drop.count, 0);
}
