/** The system's keys reach the player, and are given back. */
import { expect, it } from "vitest";
import { ownPictures, steerBySystem } from "./media-session";
import { IDLE, type PlayerSnapshot } from "./snapshot";

function stage(phase: PlayerSnapshot["phase"], knows: string[]) {
  const handlers = new Map<string, MediaSessionActionHandler>();
  const session = {
    metadata: {},
    playbackState: "playing",
    setActionHandler: (action: string, handler: MediaSessionActionHandler | null) => {
      if (!knows.includes(action)) throw new TypeError(`no action ${action}`);
      if (handler) handlers.set(action, handler);
      else handlers.delete(action);
    },
  } as unknown as MediaSession;
  const done: string[] = [];
  const stop = steerBySystem(session, {
    snapshot: () => ({ ...IDLE, phase }),
    play: () => done.push("play"),
    togglePlay: () => done.push("toggle"),
    skip: (seconds) => done.push(`skip ${seconds}`),
    jumpToLive: () => done.push("live"),
  });
  const press = (action: MediaSessionAction, seekOffset?: number) =>
    handlers.get(action)?.({ action, ...(seekOffset ? { seekOffset } : {}) });
  return { session, handlers, done, stop, press };
}

it("plays, pauses, goes back and forward by what the system says or ten seconds, and to live", () => {
  const { done, press } = stage("playing", ["play", "pause", "seekbackward", "seekforward", "nexttrack"]);
  press("pause");
  press("seekbackward");
  press("seekbackward", 30);
  press("seekforward");
  press("play");
  press("nexttrack");
  expect(done).toEqual(["toggle", "skip -10", "skip -30", "skip 10", "play", "live"]);
});

it("a pause of what is paused does not start it", () => {
  const { done, press } = stage("paused", ["pause"]);
  press("pause");
  expect(done).toEqual([]);
});

it("at the end nothing is left, whatever the browser knows", () => {
  const { session, handlers, stop } = stage("playing", ["play", "pause"]);
  expect(handlers.size).toBe(2);
  stop();
  expect([handlers.size, session.metadata, session.playbackState]).toEqual([0, null, "none"]);
});

it("the system is given pictures of this origin alone", () => {
  const page = "https://live.example/ada";
  expect(ownPictures([null, "/a.jpg", "", undefined, "https://x.example/b.jpg"], page)).toEqual([
    "https://live.example/a.jpg",
  ]);
});
