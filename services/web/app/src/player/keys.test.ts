/** Keys reach the player unless they are somebody else's, and the list names every one that does something. */

import { expect, it } from "vitest";
import { say } from "../language/say";
import { KEYS } from "./key-names";
import { barMove, deedOf, type Place } from "./keys";

const press = (key: string, more = {}) => ({
  key,
  ctrlKey: false,
  metaKey: false,
  altKey: false,
  defaultPrevented: false,
  ...more,
});
/** A target inside of what a selector in `kinds` finds. */
const inside = (...kinds: string[]): Place => ({
  closest: (selector) => selector.split(", ").some((part) => kinds.includes(part)),
});
const page = inside();

it("each key does its deed, in either case", () => {
  expect(deedOf(press("k"), page)).toEqual({ do: "play" });
  expect(deedOf(press("K"), page)).toEqual({ do: "play" });
  expect(deedOf(press(" "), null)).toEqual({ do: "play" });
  expect(deedOf(press("j"), page)).toEqual({ do: "skip", seconds: -10 });
  expect(deedOf(press("ArrowRight"), page)).toEqual({ do: "skip", seconds: 5 });
  expect(deedOf(press("?"), page)).toEqual({ do: "help" });
  expect(["t", "c", "s"].map((key) => deedOf(press(key), page)?.do)).toEqual([
    "theatre",
    "captions",
    "stats",
  ]);
  expect(deedOf(press("x"), page)).toBeNull();
});

it("keys with modifiers, in text fields and in menus are not the player's", () => {
  for (const modifier of ["ctrlKey", "metaKey", "altKey", "defaultPrevented"]) {
    expect(deedOf(press("f", { [modifier]: true }), page)).toBeNull();
  }
  for (const at of ["input:not([type=range])", "textarea", "[role=menu]"]) {
    expect(deedOf(press("m"), inside(at))).toBeNull();
  }
  expect(deedOf(press(" "), inside("button")), "space presses a button").toBeNull();
  expect(deedOf(press("k"), inside("button"))).toEqual({ do: "play" });
});

it("on a bar the arrows are the bar's, letters still the player's", () => {
  const bar = inside("input");
  expect(deedOf(press("ArrowLeft"), bar)).toBeNull();
  expect(deedOf(press("m"), bar)).toEqual({ do: "mute" });
  expect(
    ["ArrowLeft", "ArrowRight", "PageDown", "PageUp", "Home", "End", "m"].map((key) => barMove(key, 90, 600)),
  ).toEqual([95, 85, 150, 30, 600, 0, null]);
});

it("switched off for the page, keys are taken inside the player alone", () => {
  const player = "[data-phase]";
  for (const key of ["k", "?", " ", "ArrowUp"]) {
    expect(deedOf(press(key), page, false)).toBeNull();
    expect(deedOf(press(key), null, false)).toBeNull();
    expect(deedOf(press(key), inside(player), false)).toEqual(deedOf(press(key), page));
  }
  expect(deedOf(press(" "), inside(player, "button"), false), "space presses a button").toBeNull();
});

it("the list names every key of the page", () => {
  const named = KEYS.flatMap(({ keys }) => keys.map((key) => (typeof key === "string" ? key : say(key))));
  const pressed: Record<string, string> = {
    Space: " ",
    "←": "ArrowLeft",
    "→": "ArrowRight",
    "↑": "ArrowUp",
    "↓": "ArrowDown",
  };
  const deeds = named.filter((name) => deedOf(press(pressed[name] ?? name), page) !== null);
  expect(named.filter((name) => !deeds.includes(name))).toEqual(["Page ↑", "Page ↓", "Home", "End"]);
});
