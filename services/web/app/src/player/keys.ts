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
/** What is written in, chosen from or played there takes all keys itself. */
const TAKES_ALL =
  "input:not([type=range]), textarea, select, [contenteditable], [role=menu], audio[controls], video[controls]";
/** Chosen among by arrows, and by Space. */
const CHOICES = "[role=tab], [role=option], [role=radio], [role^=menuitem]";
/** Space presses it. */
const PRESSED = `button, a, summary, [role=button], [role=switch], [role=checkbox], ${CHOICES}`;
/** Arrows move it, or along it. */
const MOVED = `input, [role=slider], ${CHOICES}`;

type Press = Pick<KeyboardEvent, "key" | "ctrlKey" | "metaKey" | "altKey" | "defaultPrevented">;

/** Where a key was pressed decides too: `closest` of its target. */
export interface Place {
  closest(selector: string): unknown;
}

/**
 * What a key press means to the player; null: nothing, it is somebody else's. With `everywhere` off only what is pressed inside the player
 * is meant (WCAG 2.1.4: who speaks to the machine presses keys unawares). Up and down scroll a page, so outside of the player they are the
 * page's, unless the player is `alone`: it fills the screen or the window.
 */
export function deedOf(press: Press, at: Place | null, everywhere = true, alone = false): Deed | null {
  if (press.defaultPrevented || press.ctrlKey || press.metaKey || press.altKey) return null;
  if (at?.closest(TAKES_ALL)) return null;
  const deed = DEEDS[press.key.length === 1 ? press.key.toLowerCase() : press.key];
  if (!deed) return null;
  const anywhere = everywhere && (alone || deed.do !== "louder");
  if (!anywhere && !at?.closest(PLAYER)) return null;
  const taken = press.key === " " ? PRESSED : press.key.startsWith("Arrow") && MOVED;
  return taken && at?.closest(taken) ? null : deed;
}
