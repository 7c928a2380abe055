/** Whether pictures of mature channels are shown as they are, chosen once for all of them and remembered on this device. */
import { useSyncExternalStore } from "react";

const KEY = "streamly.mature-pictures";

const watchers = new Set<() => void>();
let chosen = remembered();

function remembered(): boolean {
  try {
    return localStorage.getItem(KEY) === "shown";
  } catch {
    // Storage is refused: asked again on the next page.
    return false;
  }
}

export function showMaturePictures(): void {
  chosen = true;
  try {
    localStorage.setItem(KEY, "shown");
  } catch {
    // Storage is full or refused.
  }
  for (const watcher of watchers) watcher();
}

function watch(watcher: () => void): () => void {
  watchers.add(watcher);
  return () => watchers.delete(watcher);
}

export function useMaturePictures(): boolean {
  return useSyncExternalStore(watch, () => chosen);
}
