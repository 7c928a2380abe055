/** What the page's keys do to the player; `key-names` has the same as a list for people. Pure. */

/** Seconds of a step: by an arrow, by j and l or the button, by Page Up and Page Down on the bar. */
export const STEP = { small: 5, large: 10, page: 60 } as const;
/** Of the volume, 0 to 1. */
export const LOUDER = 0.05;

export type Deed =
  | { do: "play" }
  | { do: "mute" }
  | { do: "fullscreen" }
  | { do: "help" }
  | { do: "theatre" }
  | { do: "captions" }
  | { do: "stats" }
  | { do: "skip"; seconds: number }
  | { do: "louder"; by: number };

const DEEDS: Record<string, Deed> = {
  " ": { do: "play" },
  k: { do: "play" },
  m: { do: "mute" },
  f: { do: "fullscreen" },
  t: { do: "theatre" },
  c: { do: "captions" },
  s: { do: "stats" },
  "?": { do: "help" },
  ArrowLeft: { do: "skip", seconds: -STEP.small },
  ArrowRight: { do: "skip", seconds: STEP.small },
  j: { do: "skip", seconds: -STEP.large },
  l: { do: "skip", seconds: STEP.large },
  ArrowUp: { do: "louder", by: LOUDER },
  ArrowDown: { do: "louder", by: -LOUDER },
};

/** The element of a player. */
const PLAYER = "[data-phase]";

type Press = Pick<KeyboardEvent, "key" | "ctrlKey" | "metaKey" | "altKey" | "defaultPrevented">;

/** Where a key was pressed decides too: `closest` of its target. */
export interface Place {
  closest(selector: string): unknown;
}

/**
 * What a key press means to the player; null: nothing, it is somebody else's. With `everywhere` off only what is pressed inside the player
 * is meant (WCAG 2.1.4: who speaks to the machine presses keys unawares).
 */
export function deedOf(press: Press, at: Place | null, everywhere = true): Deed | null {
  if (press.defaultPrevented || press.ctrlKey || press.metaKey || press.altKey) return null;
  if (at?.closest("input:not([type=range]), textarea, select, [contenteditable], [role=menu]")) return null;
  if (!everywhere && !at?.closest(PLAYER)) return null;
  const { key } = press;
  if (key === " " && at?.closest("button, a")) return null;
  // A bar moves by its own arrows.
  if (key.startsWith("Arrow") && at?.closest("input")) return null;
  return DEEDS[key.length === 1 ? key.toLowerCase() : key] ?? null;
}

/** Seconds behind live that a key on the time bar asks for; null: not a key of the bar. */
export function barMove(key: string, behind: number, depth: number): number | null {
  switch (key) {
    case "ArrowLeft":
    case "ArrowDown":
      return behind + STEP.small;
    case "ArrowRight":
    case "ArrowUp":
      return behind - STEP.small;
    case "PageDown":
      return behind + STEP.page;
    case "PageUp":
      return behind - STEP.page;
    case "Home":
      return depth;
    case "End":
      return 0;
    default:
      return null;
  }
}
