/** What is done when the picture stands, with as much of hls.js, the element and the engine as that takes. */
import { beforeEach, expect, it } from "vitest";
import type { How } from "./relief";
import { PLAIN, type Playback, Remedies } from "./remedies";
import { Shown } from "./snapshot";

let done: string[];
let shown: Shown;
let remedies: Remedies;
let now: number;
/** What there is below the rung that is loaded. */
let below: string | null;
/** Whether each thing that is asked for is answered. */
let answers: boolean;
let ahead: number;
/** Seconds that are listed and not shown. */
let behind: number;

beforeEach(() => {
  [done, shown, now, below, answers, ahead, behind] = [[], new Shown(), 0, "360p", true, 0, 4];
  const asked = (what: string) => {
    done.push(what);
    if (answers) remedies.heard();
  };
  const hls = {
    loadingEnabled: true,
    startLoad: () => asked("load"),
    recoverMediaError: () => asked("rebuild"),
  };
  const video = {
    currentTime: 10,
    readyState: 2,
    get buffered() {
      return { length: ahead > 0 ? 1 : 0, start: () => 0, end: () => 10 + ahead };
    },
  };
  const rungs = {
    get below() {
      return below;
    },
    lower: () => done.push("lower"),
    look: () => {},
    forget: () => {},
  };
  const playback = {
    video,
    rungs,
    latency: { moved: () => {}, target: 0.4 },
    position: {
      rewound: false,
      get behind() {
        return behind;
      },
      moveTo: (moment: number) => done.push(`to ${moment}`),
    },
    hls: () => hls,
    open: () => asked(remedies.plain ? "open plain" : "open"),
    play: () => {},
  };
  remedies = new Remedies(playback as unknown as Playback, shown.change);
  remedies.heard();
});

/** Looks ten times a second. */
function fares(how: How, seconds: number, lifts = true) {
  for (let n = 0; n < seconds * 10; n++) {
    now += 0.1;
    remedies.watch(now, how, lifts);
  }
  return done.splice(0);
}

it("is one step after the other, as long as the server answers", () => {
  expect(fares("stands", 15)).toEqual(["load", "lower", "load", "rebuild", "open plain", "open"]);
});

it("leaves out what cannot help where nothing answers, and says that the server cannot be reached", () => {
  answers = false;
  expect(fares("stands", 10)).toEqual(["load", "rebuild", "open"]);
  expect(shown.get().trouble).toBeNull();
  fares("stands", 15);
  expect(shown.get().trouble).toBe("unreachable");
});

it("is nobody's rung and nobody's parts where there is nothing new to show", () => {
  behind = 0.4;
  expect(fares("stands", 15)).toEqual(["load", "rebuild", "open"]);
  fares("stands", 5);
  expect(shown.get().trouble).toBe("missing");
});

it("has no rung to take where there is none below", () => {
  below = null;
  expect(fares("stands", 6)).toEqual(["load", "rebuild"]);
});

it("goes to the end of what is in hand, if that is further on", () => {
  ahead = 3;
  expect(fares("stands", 3)).toEqual(["load", "to 12.6"]);
});

it("plays plain for a while, and low latency again after smooth play that somebody sees live", () => {
  fares("stands", 11);
  expect(remedies.plain).toBe(true);
  expect(fares("moves", PLAIN.first - 5)).toEqual([]);
  expect(fares("moves", 60, false)).toEqual([]);
  expect(fares("moves", 6)).toEqual(["open"]);
  expect(remedies.plain).toBe(false);
  expect(fares("stands", 5), "it stands again at once").toEqual(["open plain"]);
});

it("asks for less and less where openings bring nothing", () => {
  expect(fares("stands", 15).at(-1)).toBe("open");
  expect(fares("stands", 15)).toEqual(["lower", "open plain", "lower", "open"]);
});

it("says what is wrong once enough was tried, until it moves; the viewer's own try begins at once, in low latency", () => {
  fares("stands", 20);
  expect(shown.get().trouble).toBe("missing");
  remedies.retry();
  expect([done.splice(0), shown.get().trouble]).toEqual([["open"], null]);
  fares("stands", 20);
  expect(shown.get().trouble).toBe("missing");
  fares("moves", 2);
  expect(shown.get().trouble).toBeNull();
});

it.each([500, 502, 503])(
  "takes a server's fault (%s) for an answer, and says that it is the server's",
  (status) => {
    answers = false;
    for (let n = 0; n < 4; n++) {
      remedies.failed(now, "network", status);
      fares("stands", 5);
    }
    remedies.failed(now, "network", status);
    fares("stands", 1);
    expect(shown.get().trouble).toBe("faulty");
  },
);

it("takes a refusal for an answer, and a broken pipeline for what the browser cannot show", () => {
  answers = false;
  for (let n = 0; n < 3; n++) {
    remedies.failed(now, "network", 404);
    fares("stands", 5);
  }
  remedies.failed(now, "network", 404);
  fares("stands", 1);
  expect(shown.get().trouble).toBe("missing");
  remedies.reset();
  for (let n = 0; n < 4; n++) {
    remedies.failed(now, "media");
    fares("stands", 5);
  }
  remedies.failed(now, "media");
  fares("stands", 1);
  expect(shown.get().trouble).toBe("undecodable");
});
