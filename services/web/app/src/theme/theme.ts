/**
 * Dark or light: as the device wants it, or as was chosen. The choice is kept in this browser where that can keep something, and other tabs follow
 * it, also pages that come back from the browser's memory; `tools/theme.js` applies it before anything is shown. Over somebody's stream and in other people's pages nothing was chosen.
 */
import { useSyncExternalStore } from "react";
import { keep, kept } from "../ui/kept";

export const THEMES = ["system", "dark", "light"] as const;
export type Theme = (typeof THEMES)[number];

const KEY = "theme";
/** The ground of each, for the browser's own bar; in `index.html`, too. */
const GROUNDS = { dark: "#0d0f14", light: "#f9fafc" };
const OTHERS = /^\/(?:embed|overlay)\//i;

const listeners = new Set<() => void>();
let present: Theme = "system";

/** Whatever is none is the device's. */
export const themeOf = (chosen: string | null): Theme => THEMES.find((theme) => theme === chosen) ?? "system";

function show(next: Theme): void {
  present = next;
  const { documentElement: root, head } = document;
  const bar = head.querySelector<HTMLMetaElement>("meta[name=theme-color]:not([media])");
  if (next === "system") {
    delete root.dataset.theme;
    bar?.remove();
  } else {
    root.dataset.theme = next;
    const own = bar ?? document.createElement("meta");
    own.name = "theme-color";
    own.content = GROUNDS[next];
    // The first that suits counts.
    head.prepend(own);
  }
  for (const heard of listeners) heard();
}

export const theme = {
  get: (): Theme => present,
  subscribe(heard: () => void): () => void {
    listeners.add(heard);
    return () => void listeners.delete(heard);
  },

  start(): void {
    if (OTHERS.test(location.pathname)) return;
    const again = () => show(themeOf(kept("browser", KEY)));
    // No key: all of them were cleared.
    window.addEventListener("storage", ({ key, newValue }) => {
      if (key === KEY || key === null) show(themeOf(newValue));
    });
    window.addEventListener("pageshow", ({ persisted }) => persisted && again());
    again();
  },

  choose(next: Theme): void {
    keep("browser", KEY, next === "system" ? null : next);
    show(next);
  },
};

export const useTheme = (): Theme => useSyncExternalStore(theme.subscribe, theme.get);
