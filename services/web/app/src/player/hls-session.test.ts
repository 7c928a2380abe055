/** What one hls.js tells by its events, with as much of it as that takes. */
import type Hls from "hls.js";
import { beforeEach, expect, it } from "vitest";
import type { HlsClass } from "./hls-loader";
import { type HlsEvents, openHls } from "./hls-session";
import type { Quality } from "./quality";
import { Rungs } from "./rungs";
import { Shown } from "./snapshot";

/** A new one is in auto, whatever was chosen on the one before, and knows no levels. */
class Fake {
  static Events = { MANIFEST_PARSED: "parsed", ERROR: "error" };
  static ErrorTypes = { MEDIA_ERROR: "media" };
  static ErrorDetails = { FRAG_GAP: "gap", MANIFEST_INCOMPATIBLE_CODECS_ERROR: "codecs" };
  levels: Array<{ name: string; height: number }> = [];
  manualLevel = -1;
  autoLevelCapping = -1;
  nextAutoLevel = -1;
  private readonly handlers = new Map<string, (event: string, data: unknown) => void>();
  get autoLevelEnabled() {
    return this.manualLevel === -1;
  }
  get loadLevel() {
    return this.manualLevel;
  }
  set loadLevel(level: number) {
    this.manualLevel = level;
  }
  on = (name: string, handler: (event: string, data: unknown) => void) => this.handlers.set(name, handler);
  attachMedia = () => {};
  loadSource = () => {};
  tell = (name: string, data: unknown = {}) => this.handlers.get(name)?.(name, data);
  parsed = () => {
    this.levels = ["360p", "480p"].map((name) => ({ name, height: 0 }));
    this.tell("parsed");
  };
}

let hls: Fake;
let shown: Shown;
let rungs: Rungs;
let fatal: Array<[string, number]>;
const open = () => {
  const events = {
    onQualities: (list: Quality[]) => rungs.offered(list, 0),
    onAuto: (unreadable: boolean) => rungs.failed(0, unreadable),
    onFatal: (kind: string, status: number) => fatal.push([kind, status]),
  } as unknown as HlsEvents;
  const how = { reserve: 0, plain: false };
  hls = openHls(Fake as unknown as HlsClass, {} as HTMLVideoElement, "/", how, events) as unknown as Fake;
};

beforeEach(() => {
  fatal = [];
  shown = new Shown();
  rungs = new Rungs(() => hls as unknown as Hls, shown);
  open();
  hls.parsed();
  rungs.choose(1);
});

it("keeps the viewer's quality over a reload whose list does not come", () => {
  open();
  hls.tell("error", { type: "network", details: "manifestLoadError", fatal: true, response: { code: 502 } });
  expect(fatal).toEqual([["network", 502]]);
  expect([shown.get().chosen, shown.get().lost]).toEqual([1, null]);
  open();
  hls.parsed();
  expect([hls.manualLevel, shown.get().chosen, shown.get().lost]).toEqual([1, 1, null]);
});

it("names the viewer's quality as lost where it lists gaps, or hls.js left it", () => {
  hls.tell("error", { type: "media", details: "gap", fatal: false });
  expect([hls.manualLevel, shown.get().chosen, shown.get().lost]).toEqual([-1, -1, "480p"]);
  rungs.choose(0);
  hls.tell("error", { type: "network", details: "levelLoadError", fatal: false });
  expect([shown.get().chosen, shown.get().lost], "it is still what plays").toEqual([0, null]);
  hls.manualLevel = -1;
  hls.tell("error", { type: "network", details: "levelLoadError", fatal: false });
  expect([shown.get().chosen, shown.get().lost]).toEqual([-1, "360p"]);
});

it("keeps the viewer's quality over media that cannot be read, which hls.js goes around by another", () => {
  hls.tell("error", { type: "media", details: "bufferAppendingError", fatal: false });
  hls.manualLevel = -1;
  hls.tell("error", { type: "media", details: "mediaSourceRequiresReset", fatal: false });
  expect([hls.manualLevel, shown.get().chosen, shown.get().lost]).toEqual([-1, 1, null]);
  for (let n = 0; n < 60; n++) rungs.look(n / 10, 0.1, "moves");
  expect([hls.manualLevel, shown.get().chosen, shown.get().lost]).toEqual([1, 1, null]);
  hls.tell("error", { type: "media", details: "bufferAppendError", fatal: true });
  expect(fatal, "what is fatal is told as ever").toEqual([["media", 0]]);
  expect([hls.manualLevel, shown.get().chosen]).toEqual([1, 1]);
});
