/** Keys reach the player unless they are somebody else's, and the list names every one that does something. */

import { expect, it } from "vitest";
import { say } from "../language/say";
import { barMove } from "./bar-keys";
import { KEYS } from "./key-names";
import { deedOf, type Place } from "./keys";

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
const PLAYER = "[data-phase]";
const ARROWS = ["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown"];

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

it("keys with modifiers, in what is written in, in menus and at browsers' own players are not the player's", () => {
  for (const modifier of ["ctrlKey", "metaKey", "altKey", "defaultPrevented"]) {
    expect(deedOf(press("f", { [modifier]: true }), page)).toBeNull();
  }
  for (const at of [
    "input:not([type=range])",
    "textarea",
    "select",
    "[contenteditable]",
    "[role=menu]",
    "audio[controls]",
    "video[controls]",
  ]) {
    for (const key of ["m", " ", ...ARROWS]) expect(deedOf(press(key), inside(at, PLAYER)), at).toBeNull();
  }
});

it("Space presses what it presses anywhere, and letters there are the player's", () => {
  for (const at of [
    "button",
    "a",
    "summary",
    "[role=button]",
    "[role=switch]",
    "[role=checkbox]",
    "[role=radio]",
    "[role=tab]",
    "[role=option]",
    "[role^=menuitem]",
  ]) {
    expect(deedOf(press(" "), inside(at)), at).toBeNull();
    expect(deedOf(press(" "), inside(at, PLAYER)), `${at} of the player`).toBeNull();
    expect(deedOf(press("k"), inside(at)), at).toEqual({ do: "play" });
  }
});

it("arrows move what they move anywhere; from a button they are the player's", () => {
  for (const at of ["input", "[role=slider]", "[role=radio]", "[role=tab]", "[role=option]"]) {
    for (const key of ARROWS) expect(deedOf(press(key), inside(at, PLAYER)), at).toBeNull();
    expect(deedOf(press("m"), inside(at)), at).toEqual({ do: "mute" });
  }
  expect(deedOf(press("ArrowLeft"), inside("button", PLAYER))).toEqual({ do: "skip", seconds: -5 });
  expect(deedOf(press("ArrowLeft"), inside("summary"))).toEqual({ do: "skip", seconds: -5 });
});

it("up and down scroll the page, unless they are pressed in the player or it is alone", () => {
  for (const [key, by] of [
    ["ArrowUp", 0.05],
    ["ArrowDown", -0.05],
  ] as const) {
    for (const at of [page, null, inside("button"), inside("summary")])
      expect(deedOf(press(key), at), key).toBeNull();
    expect(deedOf(press(key), inside(PLAYER))).toEqual({ do: "louder", by });
    expect(deedOf(press(key), inside(PLAYER, "button"))).toEqual({ do: "louder", by });
    expect(deedOf(press(key), page, true, true)).toEqual({ do: "louder", by });
    expect(deedOf(press(key), page, false, true), "switched off for the page").toBeNull();
  }
});

it("the keys of the bar", () => {
  expect(
    ["ArrowLeft", "ArrowRight", "PageDown", "PageUp", "Home", "End", "m"].map((key) => barMove(key, 90, 600)),
  ).toEqual([95, 85, 150, 30, 600, 0, null]);
});

it("switched off for the page, keys are taken inside the player alone", () => {
  for (const key of ["k", "?", " ", "ArrowLeft", "ArrowUp"]) {
    expect(deedOf(press(key), page, false)).toBeNull();
    expect(deedOf(press(key), null, false)).toBeNull();
    expect(deedOf(press(key), inside(PLAYER), false)).toEqual(deedOf(press(key), inside(PLAYER)));
  }
  expect(deedOf(press(" "), inside(PLAYER, "button"), false), "space presses a button").toBeNull();
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
  const deeds = named.filter((name) => deedOf(press(pressed[name] ?? name), inside(PLAYER)) !== null);
  expect(named.filter((name) => !deeds.includes(name))).toEqual(["Page ↑", "Page ↓", "Home", "End"]);
});
