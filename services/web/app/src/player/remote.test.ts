/** Another screen is offered where the browser offers one, and nowhere else. */
import { expect, it, vi } from "vitest";
import { chooseScreen, watchScreens } from "./remote";

type Watched = Parameters<typeof watchScreens>[0];

it("by the standard: what the browser tells, until nobody asks any more", async () => {
  let tell: RemotePlaybackAvailabilityCallback = () => {};
  const cancelled: unknown[] = [];
  let prompts = 0;
  const remote = {
    watchAvailability: async (callback: RemotePlaybackAvailabilityCallback) => {
      tell = callback;
      return 7;
    },
    cancelWatchAvailability: async (id: number) => cancelled.push(id),
    prompt: async () => {
      prompts++;
    },
  };
  const video = Object.assign(new EventTarget(), { remote }) as unknown as Watched;
  const told: boolean[] = [];
  const stop = watchScreens(video, (there) => told.push(there));
  tell(true);
  tell(false);
  chooseScreen(video);
  stop();
  tell(true);
  expect([told, prompts]).toEqual([[true, false], 1]);
  await vi.waitFor(() => expect(cancelled).toEqual([7]));
});

it("by Safari's own event, and its own picker", () => {
  let picked = 0;
  const video = Object.assign(new EventTarget(), {
    webkitShowPlaybackTargetPicker: () => picked++,
  }) as unknown as Watched;
  const told: boolean[] = [];
  const stop = watchScreens(video, (there) => told.push(there));
  const event = (availability: string) =>
    Object.assign(new Event("webkitplaybacktargetavailabilitychanged"), { availability });
  video.dispatchEvent(event("available"));
  video.dispatchEvent(event("not-available"));
  stop();
  video.dispatchEvent(event("available"));
  chooseScreen(video);
  expect([told, picked]).toEqual([[true, false], 1]);
});

it("nothing where the browser refuses, or the source can go nowhere", async () => {
  const told: boolean[] = [];
  const refuse = Promise.reject(new DOMException("no", "NotSupportedError"));
  const refusing = { remote: { watchAvailability: () => refuse } };
  watchScreens(Object.assign(new EventTarget(), refusing) as unknown as Watched, (there) =>
    told.push(there),
  )();
  const bound = { remote: {}, disableRemotePlayback: true };
  watchScreens(Object.assign(new EventTarget(), bound) as unknown as Watched, (there) => told.push(there))();
  await refuse.catch(() => {});
  expect(told).toEqual([]);
});
