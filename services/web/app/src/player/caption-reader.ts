/**
 * Reads CEA-608 captions (channel CC1) as they come with the pictures, by the parser of hls.js. Pure; nothing is drawn here.
 *
 * hls.js itself makes a cue when a caption is replaced, which this close to live is after it should have been on screen. Here each change
 * of what the decoder displays is noted with its moment, and holds until the next. Loaded when the first captions come.
 */
import type { UserdataSample } from "hls.js";
import Cea608Parser from "hls.js/src/utils/cea-608-parser";

export interface Caption {
  /** Its rows as lines. */
  text: string;
  /** It is meant for the upper half of the picture. */
  top: boolean;
}

/** Messages come in decoding order; for so many seconds one is kept for others that are shown before it: three pictures of 30 a second. */
const REORDER = 0.1;
/** A message so many seconds before the last one belongs to what is fetched again, after somebody went back. */
const AGAIN = 1;
/** A caption that nothing took away is gone after so many seconds (CEA-608-E, annex C.9: 16 s). */
const STALE = 16;
/** So many seconds of captions are kept behind the newest: more than the buffer's back. */
const KEPT = 60;
/** The lower half of the fifteen rows begins here. */
const MIDDLE_ROW = 8;

const NO_FILTER = { newCue: () => {}, dispatchCue: () => {}, reset: () => {} };

export class CaptionReader {
  private readonly parser = new Cea608Parser(1, NO_FILTER, NO_FILTER);
  private waiting: UserdataSample[] = [];
  private read = Number.NEGATIVE_INFINITY;
  private states: Array<Caption & { from: number }> = [];
  /** Whether anything was said yet. */
  found = false;

  take(samples: UserdataSample[]): void {
    const times = samples.map(({ pts }) => pts);
    const [first, newest] = [Math.min(...times), Math.max(...times)];
    if (newest < this.read - AGAIN) this.rewindTo(first);
    // Behind a leap what was on screen is long gone.
    else if (first > this.read + STALE) this.parser.reset();
    this.waiting = [...this.waiting, ...samples].sort((a, b) => a.pts - b.pts);
    while (this.waiting[0] && this.waiting[0].pts <= newest - REORDER) {
      const next = this.waiting.shift();
      // The same pictures in another rendition say the same.
      if (next?.bytes && next.pts > this.read) this.parse(next.pts, next.bytes);
    }
  }

  at(moment: number): Caption | null {
    const now = this.states.findLast(({ from }) => from <= moment);
    return now?.text && moment - now.from < STALE ? now : null;
  }

  forget(): void {
    this.rewindTo(Number.NEGATIVE_INFINITY);
    this.found = false;
  }

  private rewindTo(moment: number): void {
    this.parser.reset();
    this.waiting = [];
    this.read = Number.NEGATIVE_INFINITY;
    this.states = this.states.filter(({ from }) => from < moment);
  }

  private parse(pts: number, bytes: Uint8Array): void {
    this.read = pts;
    this.parser.addData(pts, fieldOne(bytes));
    const shown = this.displayed();
    if (shown.text === (this.states.at(-1)?.text ?? "")) return;
    this.states = this.states.filter(({ from }) => from > pts - KEPT);
    this.states.push({ ...shown, from: pts });
    this.found ||= shown.text !== "";
  }

  private displayed(): Caption {
    const rows = this.parser.channels[1]?.displayedMemory.rows ?? [];
    const texts = rows.map((row) => row.getTextString().trim());
    const first = texts.findIndex((text) => text !== "");
    return { text: texts.filter(Boolean).join("\n"), top: first !== -1 && first < MIDDLE_ROW - 1 };
  }
}

/** The pairs of the first field, which has CC1, without their parity. */
function fieldOne(bytes: Uint8Array): number[] {
  const pairs: number[] = [];
  const count = (bytes[0] ?? 0) & 0x1f;
  for (let at = 2; at < 2 + 3 * count; at += 3) {
    const [kind = 0, one = 0, other = 0] = bytes.subarray(at, at + 3);
    const pair = [one & 0x7f, other & 0x7f] as const;
    if ((kind & 7) === 4 && (pair[0] || pair[1])) pairs.push(...pair);
  }
  return pairs;
}
