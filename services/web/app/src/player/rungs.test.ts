/** Which rung plays, with as much of hls.js as is used. */
import { beforeEach, expect, it } from "vitest";
import type { Quality } from "./quality";
import { AROUND, CAP, Rungs } from "./rungs";
import { Shown } from "./snapshot";

const quality = (index: number, name: string): Quality => ({ index, name, height: 0, bitrate: 0 });
const LIST = [quality(2, "source"), quality(1, "480p"), quality(0, "360p")];

/** hls.js after its manifest: level 2 is loaded unless somebody wants another. */
class Levels {
  manualLevel = -1;
  autoLevelCapping = -1;
  nextAutoLevel = -1;
  private loaded = 2;
  get loadLevel() {
    return this.loaded;
  }
  set loadLevel(level: number) {
    this.manualLevel = level;
    if (level !== -1) this.loaded = level;
  }
}

let hls: Levels;
let shown: Shown;
let rungs: Rungs;
const state = () => {
  const { chosen, capped, lost, lowered } = shown.get();
  return { chosen, capped, lost, lowered, manual: hls.manualLevel, cap: hls.autoLevelCapping };
};
const AUTO = { chosen: -1, capped: -1, lost: null, lowered: null, manual: -1, cap: -1 };
const smooth = (seconds: number, from = 100) => {
  for (let n = 1; n <= seconds * 10; n++) rungs.look(from + n / 10, 0.1, "moves");
};

beforeEach(() => {
  hls = new Levels();
  shown = new Shown();
  rungs = new Rungs(() => hls, shown);
  rungs.offered(LIST, 0);
});

it("is auto at first, and the viewer's by name when other indices come", () => {
  expect(state()).toEqual(AUTO);
  rungs.choose(1);
  expect(state()).toEqual({ ...AUTO, chosen: 1, manual: 1 });
  hls = new Levels();
  rungs.offered([quality(1, "source"), quality(0, "480p")], 1);
  expect(state()).toEqual({ ...AUTO, chosen: 0, manual: 0 });
  rungs.choose(-1);
  expect(state()).toEqual(AUTO);
});

it("is capped below what is loaded for a while, and any again after smooth play", () => {
  expect(rungs.below?.name).toBe("480p");
  rungs.lower(0);
  expect(state()).toEqual({ ...AUTO, capped: 1, cap: 1 });
  expect(hls.nextAutoLevel).toBe(1);
  smooth(CAP.first - 1);
  expect(state().cap).toBe(1);
  smooth(2, 200);
  expect(state()).toEqual(AUTO);
});

it("is the viewer's again after the cap, which is said; an error meanwhile changes nothing", () => {
  rungs.choose(2);
  rungs.lower(0);
  expect(state()).toEqual({ chosen: 2, capped: 1, lost: null, lowered: "source", manual: -1, cap: 1 });
  rungs.failed(1);
  rungs.look(9, 0.1, "moves");
  expect(state()).toEqual({ ...AUTO, chosen: 2, capped: 1, cap: 1 });
  smooth(CAP.first);
  expect(state()).toEqual({ ...AUTO, chosen: 2, manual: 2 });
});

it("keeps the cap over a reload", () => {
  rungs.lower(0);
  hls = new Levels();
  rungs.offered(LIST, 1);
  expect(state()).toEqual({ ...AUTO, capped: 1, cap: 1 });
});

it("a choice lifts the cap at once", () => {
  rungs.lower(0);
  rungs.choose(2);
  expect(state()).toEqual({ ...AUTO, chosen: 2, manual: 2 });
});

it("no step down to a rung that spares nothing: one further down, or none", () => {
  rungs.offered([quality(2, "source"), { ...quality(1, "480p"), bitrate: 1_270_000 }, quality(0, "360p")], 1);
  const level = { bitrate: 8_320_000 };
  const loaded = { levels: [{}, {}, level], level: 2, bytes: 412_500, duration: 10, bandwidth: 2_000_000 };
  rungs.cost.loaded(1, loaded);
  expect(rungs.below?.name).toBe("360p");
  rungs.offered([quality(2, "source"), { ...quality(1, "480p"), bitrate: 1_270_000 }], 2);
  rungs.lower(3);
  expect(state()).toEqual(AUTO);
  rungs.cost.forget();
  expect(rungs.below?.name).toBe("480p");
});

it("the lowest has nothing below", () => {
  rungs.choose(0);
  expect(rungs.below).toBeNull();
  rungs.lower(0);
  expect(state()).toEqual({ ...AUTO, chosen: 0, manual: 0 });
});

it("a choice that fails or is left out is named as lost for a while, and auto goes on", () => {
  rungs.choose(2);
  hls.manualLevel = -1;
  rungs.failed(0);
  expect(state()).toEqual({ ...AUTO, lost: "source" });
  rungs.look(9, 0.1, "moves");
  expect(state()).toEqual(AUTO);
  rungs.choose(1);
  rungs.offered([quality(1, "source"), quality(0, "360p")], 20);
  expect(state()).toEqual({ ...AUTO, lost: "480p" });
});

/** As hls.js does after an error for which there is another rung. */
const unreadable = (now: number) => {
  hls.loadLevel = -1;
  rungs.failed(now, true);
};

it("a part that cannot be read costs no choice: another rung plays, and the viewer's comes back behind it", () => {
  rungs.choose(2);
  unreadable(0);
  expect(state()).toEqual({ ...AUTO, chosen: 2 });
  rungs.failed(1);
  rungs.offered(LIST, 2);
  smooth(AROUND - 1);
  rungs.look(200, 0.1, "stands");
  smooth(AROUND - 1, 200);
  expect(state(), "the rest of it is gone around, too").toEqual({ ...AUTO, chosen: 2 });
  smooth(2, 300);
  expect(state()).toEqual({ ...AUTO, chosen: 2, manual: 2 });
  smooth(AROUND + 1, 400);
  unreadable(500);
  smooth(AROUND + 1, 500);
  expect(state(), "another one, later").toEqual({ ...AUTO, chosen: 2, manual: 2 });
});

it("a rung that cannot be read as soon as it is back is lost; what does not come at all is at once", () => {
  rungs.choose(2);
  unreadable(0);
  smooth(AROUND + 1);
  unreadable(200);
  expect(state()).toEqual({ ...AUTO, lost: "source" });
  rungs.choose(2);
  unreadable(300);
  expect(state(), "chosen again it has another chance").toEqual({ ...AUTO, chosen: 2 });
  smooth(AROUND + 1, 300);
  hls.loadLevel = -1;
  rungs.failed(400);
  expect(state()).toEqual({ ...AUTO, lost: "source" });
});

it("another broadcast knows nothing of it", () => {
  rungs.choose(2);
  rungs.lower(0);
  rungs.forget();
  hls = new Levels();
  rungs.offered(LIST, 1);
  expect(state()).toEqual(AUTO);
});
