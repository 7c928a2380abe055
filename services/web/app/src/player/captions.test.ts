/** Captions are offered when there are some, not when there is only filling; who wants them is asked once. */
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { CaptionReader } from "./caption-reader";
import { Captions, says } from "./captions";
import { IDLE, Shown } from "./snapshot";

const cc = (...pairs: number[][]) => new Uint8Array([0x40 | pairs.length, 0xff, ...pairs.flat()]);
const FILL = [0xfc, 0x80, 0x80];
const TEXT = [0xfc, 0xc8, 0xe9];

let kept: Map<string, string>;
beforeEach(() => {
  kept = new Map();
  vi.stubGlobal("localStorage", {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => kept.set(key, value),
  });
});
afterEach(() => vi.unstubAllGlobals());

/** As much of a video element as captions take. */
class Element extends EventTarget {
  tracks: Array<Partial<TextTrack>> = [];
  textTracks = Object.assign(new EventTarget(), { [Symbol.iterator]: () => this.tracks[Symbol.iterator]() });
}

class Reader {
  found = true;
  taken: number[] = [];
  take = (samples: Array<{ pts: number }>) => this.taken.push(...samples.map(({ pts }) => pts));
  at = (moment: number) => (moment > 5 ? { text: "Hi", top: false } : null);
  forget = () => {
    this.taken = [];
  };
}

function captions(reader = new Reader()) {
  const [element, shown] = [new Element(), new Shown()];
  let loads = 0;
  const made = new Captions(element as unknown as HTMLVideoElement, shown.change, async () => {
    loads++;
    return reader as unknown as CaptionReader;
  });
  return { made, element, reader, state: () => shown.get().captions, loads: () => loads };
}

it("filling and CEA-708 alone are no captions", () => {
  expect(
    [cc(FILL), cc(FILL, [0xfe, 0x11, 0x22]), cc([0xf8, 0x41, 0x42]), new Uint8Array()].map(says),
  ).toEqual([false, false, false, false]);
  expect([cc(FILL, TEXT), cc([0xfd, 0x41, 0x42])].map(says)).toEqual([true, true]);
});

it("the reader is loaded with the first, gets what came meanwhile, and then all", async () => {
  const { made, reader, state, loads } = captions();
  made.take([{ pts: 1, bytes: cc(FILL) }]);
  expect(loads()).toBe(0);
  made.take([{ pts: 2, bytes: cc(TEXT) }]);
  made.take([{ pts: 3, bytes: cc(TEXT) }, { pts: 3 }]);
  expect(state()).toBe("none");
  await vi.waitFor(() => expect(state()).toBe("off"));
  made.take([{ pts: 4, bytes: cc(FILL) }]);
  expect([loads(), reader.taken]).toEqual([1, [2, 3, 4]]);
  expect(made.at(6)).toEqual({ text: "Hi", top: false });
});

it("what was chosen is remembered; another broadcast has none until they come", async () => {
  const { made, state } = captions();
  made.toggle();
  expect([state(), kept.size], "nothing to show yet").toEqual([IDLE.captions, 0]);
  made.take([{ pts: 2, bytes: cc(TEXT) }]);
  await vi.waitFor(() => expect(state()).toBe("off"));
  made.toggle();
  expect([state(), kept.get("streamly.captions")]).toEqual(["on", "on"]);
  made.restart();
  expect(state(), "another clock").toBe("on");
  made.forget();
  expect(state()).toBe("none");
  made.take([{ pts: 2, bytes: cc(TEXT) }]);
  expect(state()).toBe("on");
});

it("a browser's own track is offered, drawn by us, and read from its active cues", () => {
  const { made, element, state } = captions();
  const track = { kind: "captions", mode: "disabled", activeCues: null } as unknown as TextTrack;
  element.tracks = [{ kind: "metadata", mode: "disabled" } as TextTrack, track];
  element.textTracks.dispatchEvent(new Event("addtrack"));
  expect([state(), track.mode]).toEqual(["off", "disabled"]);
  made.toggle();
  expect([state(), track.mode, made.at(1)]).toEqual(["on", "hidden", null]);
  Object.assign(track, { activeCues: [{ text: "One" }, { text: "Two" }] });
  expect(made.at(1)).toEqual({ text: "One\nTwo", top: false });
});
