/** Connections rest with a page that may come back, and with no other. */
import { expect, it } from "vitest";
import { watchRest } from "./page-rest";

function page() {
  const target = new EventTarget();
  const told: string[] = [];
  const stop = watchRest({ rest: () => told.push("rest"), wake: () => told.push("wake") }, target);
  const say = (name: string, persisted: boolean) =>
    target.dispatchEvent(Object.assign(new Event(name), { persisted }));
  return { told, say, stop };
}

it("what rests wakes once, when the page is shown again", () => {
  const { told, say } = page();
  say("pageshow", false);
  say("pagehide", true);
  expect(told).toEqual(["rest"]);
  say("pageshow", true);
  say("pageshow", true);
  expect(told).toEqual(["rest", "wake"]);
});

it("a page that is closed for good is told nothing, nor who has stopped listening", () => {
  const { told, say, stop } = page();
  say("pagehide", false);
  stop();
  say("pagehide", true);
  expect(told).toEqual([]);
});
