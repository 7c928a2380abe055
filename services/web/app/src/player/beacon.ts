/**
 * When and where a player tells that somebody watches, and how. While the picture is awaited and seen: every ten seconds or so, and no two
 * players in step. While it plays unseen: as long as nothing else says so, since hls.js asks for playlists by itself and that counts. Pure; time
 * is an argument, in seconds.
 */

/** A session is counted for 30 s after its last playlist or beacon. */
const EVERY = 10;
/** By how much of that the time to the next one differs at most. */
const JITTER = 0.2;
/** The first one comes after a part of that, at least this. */
const FIRST = 0.4;

export class Beacon {
  private url: string | null = null;
  private heard = Number.NEGATIVE_INFINITY;
  private due: number | null = null;

  /** `random`: from 0 to 1. */
  constructor(private readonly random: () => number = Math.random) {}

  /** A playlist came from there, or none will. Where its address names no session, nobody is counted, and nothing is told. */
  asked(now: number, playlist: string | null): void {
    this.url = playlist && beaconOf(playlist);
    this.heard = now;
  }

  /** Where to tell it now; null: nowhere. `plays`: the picture moves. `awaited`: it should, for somebody who sees it. */
  look(now: number, plays: boolean, awaited: boolean): string | null {
    if (!this.url) return null;
    if (awaited) {
      this.due ??= now + EVERY * (FIRST + (1 - FIRST) * this.random());
      return now < this.due ? null : this.now(now);
    }
    return plays && now - this.heard >= EVERY ? this.now(now) : null;
  }

  /** Where to tell it, whether it is time or not. */
  now(now: number): string | null {
    if (!this.url) return null;
    this.heard = now;
    this.due = now + EVERY * (1 - JITTER + 2 * JITTER * this.random());
    return this.url;
  }
}

/** `…/live/b/ID/RENDITION/index.m3u8?sid=…` → `…/live/b/ID/beacon?sid=…`, with the token if there is one. */
export function beaconOf(playlist: string): string | null {
  const found = /^(.*\/live\/b\/[^/?]+)\/[^?]*\?(.*)$/.exec(playlist);
  if (!found) return null;
  const asked = new URLSearchParams(found[2]);
  const told = new URLSearchParams();
  for (const name of ["sid", "token"]) {
    const value = asked.get(name);
    if (value) told.set(name, value);
  }
  return told.has("sid") ? `${found[1]}/beacon?${told}` : null;
}
