/** The page's keys steer a player for as long as it is mounted. */
import { useEffect } from "react";
import type { PlayerEngine } from "./engine";
import { deedOf } from "./keys";

interface Around {
  wake: () => void;
  toggleFullscreen: () => void;
  toggleKeys: () => void;
  toggleStats: () => void;
  /** Null where the picture has no room to grow. */
  toggleTheatre: (() => void) | null;
}

/** Without an engine no key is taken. `everywhere`: also of those pressed outside of the player. `alone`: nothing else is in the window. */
export function useKeyDeeds(
  engine: PlayerEngine | null,
  everywhere: boolean,
  alone: boolean,
  { wake, toggleFullscreen, toggleKeys, toggleStats, toggleTheatre }: Around,
): void {
  useEffect(() => {
    if (!engine) return;
    const press = (event: KeyboardEvent) => {
      const at = event.target instanceof Element ? event.target : null;
      const deed = deedOf(event, at, everywhere, alone || document.fullscreenElement !== null);
      if (!deed) return;
      event.preventDefault();
      wake();
      switch (deed.do) {
        case "play":
          return engine.togglePlay();
        case "mute":
          return engine.sound.setMuted(!engine.snapshot().muted);
        case "fullscreen":
          return toggleFullscreen();
        case "help":
          return toggleKeys();
        case "theatre":
          return toggleTheatre?.();
        case "captions":
          return engine.captions.toggle();
        case "stats":
          return toggleStats();
        case "skip":
          return engine.skip(deed.seconds);
        case "louder":
          return engine.sound.setVolume(engine.snapshot().volume + deed.by);
      }
    };
    window.addEventListener("keydown", press);
    return () => window.removeEventListener("keydown", press);
  }, [engine, everywhere, alone, wake, toggleFullscreen, toggleKeys, toggleStats, toggleTheatre]);
}
