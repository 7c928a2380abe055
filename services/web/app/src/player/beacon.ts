/**
 * When a player tells that somebody watches: while it plays and has asked for no playlist for a while, as where it has much in hand. hls.js asks
 * by itself otherwise, and that counts. Pure; time is an argument, in seconds.
 */

/** A session is counted for 30 s after its last playlist or beacon. */
const EVERY = 10;

export class Beacon {
  private url: string | null = null;
  private heard = Number.NEGATIVE_INFINITY;

  /** A playlist came from there. Where its address names no session, nobody is counted, and nothing is told. */
  asked(now: number, playlist: string): void {
    this.url = beaconOf(playlist);
    this.heard = now;
  }

  /** Another broadcast, or none. */
  forget(): void {
    this.url = null;
  }

  /** Where to tell it now; null: nowhere. */
  look(now: number, plays: boolean): string | null {
    if (!plays || !this.url || now - this.heard < EVERY) return null;
    this.heard = now;
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
