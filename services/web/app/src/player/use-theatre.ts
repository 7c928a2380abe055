/**
 * The theatre: the picture has the window but for the chat, and the frame's bar and rail are away (`data-theatre` of the page says so to
 * them). Wanted or not is remembered; it is there only where the chat is beside the picture, from the breakpoint `chat` on.
 */
import { useCallback, useEffect, useState, useSyncExternalStore } from "react";
import { chosenBefore, keepChoice } from "./choices";

/** As `--breakpoint-chat`. */
const WIDE = "(min-width: 1100px)";

const subscribe = (changed: () => void) => {
  const query = matchMedia(WIDE);
  query.addEventListener("change", changed);
  return () => query.removeEventListener("change", changed);
};
const isWide = () => matchMedia(WIDE).matches;

export interface Theatre {
  on: boolean;
  /** Null where there is no room for it. */
  toggle: (() => void) | null;
}

/** `picture`: whether there is one, or will be soon. */
export function useTheatre(picture: boolean): Theatre {
  const [wanted, setWanted] = useState(() => chosenBefore("theatre") === "on");
  const wide = useSyncExternalStore(subscribe, isWide);
  const on = wanted && wide && picture;
  useEffect(() => {
    if (!on) return;
    document.documentElement.dataset.theatre = "";
    window.scrollTo({ top: 0 });
    return () => {
      delete document.documentElement.dataset.theatre;
    };
  }, [on]);
  const toggle = useCallback(() => {
    keepChoice("theatre", wanted ? "off" : "on");
    setWanted(!wanted);
  }, [wanted]);
  return { on, toggle: wide && picture ? toggle : null };
}
