/**
 * Captions of a picture: whether there are any, whether they are shown, and what they say at a moment. Those that lie in the picture's own
 * messages (CEA-608) are read by `caption-reader`, which is loaded when the first come; text tracks are the browser's (native playback).
 *
 * They are off until somebody wants them, which is remembered. Nothing is drawn here.
 */
import type { UserdataSample } from "hls.js";
import type { Caption, CaptionReader } from "./caption-reader";
import { chosenBefore, keepChoice } from "./choices";
import type { PlayerSnapshot } from "./snapshot";

/** Messages kept while the reader is on its way: some ten seconds of them. */
const MOST_EARLY = 600;
/** Bits of a caption construct's first byte: it is valid, and of CEA-608 (type 0 or 1). */
const VALID = 0x04;
const NOT_608 = 0x02;

export class Captions {
  private reader: CaptionReader | null = null;
  private early: UserdataSample[] = [];
  private asked = false;
  private on = chosenBefore("captions") === "on";
  private there = false;

  constructor(
    private readonly video: HTMLVideoElement,
    private readonly change: (part: Partial<PlayerSnapshot>) => void,
    private readonly load: () => Promise<CaptionReader> = async () =>
      new (await import("./caption-reader")).CaptionReader(),
  ) {
    // A stand-in for an element may have none.
    video.textTracks?.addEventListener("addtrack", this.tracksChanged);
  }

  /** Messages of pictures that were fetched just now. */
  take(samples: UserdataSample[]): void {
    // Filling counts too, once there is a reader: it tells how far the others have come.
    const captions = samples.filter(({ bytes }) => bytes && (this.reader || says(bytes)));
    if (captions.length === 0) return;
    if (!this.reader) {
      this.early = [...this.early, ...captions].slice(-MOST_EARLY);
      this.fetchReader();
      return;
    }
    this.reader.take(captions);
    if (this.reader.found) this.tell(true);
  }

  /** What is said at that moment of the media; null: nothing. */
  at(moment: number): Caption | null {
    const read = this.reader?.at(moment);
    if (read) return read;
    for (const track of this.tracks()) {
      const lines = [...(track.activeCues ?? [])].map((cue) => (cue as VTTCue).text ?? "");
      if (lines.length > 0) return { text: lines.join("\n"), top: false };
    }
    return null;
  }

  toggle(): void {
    if (!this.there) return;
    this.on = !this.on;
    keepChoice("captions", this.on ? "on" : "off");
    this.tell(true);
  }

  /** The media's clock is another one. */
  restart(): void {
    this.reader?.forget();
    this.early = [];
  }

  /** Another broadcast, or none. */
  forget(): void {
    this.restart();
    this.tell(this.tracks().length > 0);
  }

  private fetchReader(): void {
    if (this.asked) return;
    this.asked = true;
    this.load().then(
      (reader) => {
        this.reader = reader;
        const { early } = this;
        this.early = [];
        this.take(early);
      },
      () => {
        // The next captions ask again.
        this.asked = false;
      },
    );
  }

  private tracksChanged = (): void => this.tell(this.there || this.tracks().length > 0);

  /** The browser loads cues of tracks that are not disabled; it is not to draw them, for they would lie under the bar. */
  private tell(there: boolean): void {
    this.there = there;
    for (const track of this.tracks()) track.mode = this.on ? "hidden" : "disabled";
    this.change({ captions: there ? (this.on ? "on" : "off") : "none" });
  }

  private tracks(): TextTrack[] {
    return [...(this.video.textTracks ?? [])].filter(
      ({ kind }) => kind === "captions" || kind === "subtitles",
    );
  }
}

/** Whether there is more in it than filling. `bytes`: `cc_data` of CEA-708 (4.4), count, reserved byte, constructs of three bytes. */
export function says(bytes: Uint8Array): boolean {
  const count = (bytes[0] ?? 0) & 0x1f;
  for (let at = 2; at < 2 + 3 * count; at += 3) {
    const kind = bytes[at] ?? 0;
    const pair = ((bytes[at + 1] ?? 0) | (bytes[at + 2] ?? 0)) & 0x7f;
    if (kind & VALID && !(kind & NOT_608) && pair !== 0) return true;
  }
  return false;
}
