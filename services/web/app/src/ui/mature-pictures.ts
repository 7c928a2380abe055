/** Whether pictures of mature channels are shown as they are, chosen once for all of them and remembered on this device. */
import { useSyncExternalStore } from "react";
import { keep, kept } from "./kept";

const KEY = "streamly.mature-pictures";

const watchers = new Set<() => void>();
let chosen = kept("browser", KEY) === "shown";

export function showMaturePictures(): void {
  chosen = true;
  keep("browser", KEY, "shown");
  for (const watcher of watchers) watcher();
}

function watch(watcher: () => void): () => void {
  watchers.add(watcher);
  return () => watchers.delete(watcher);
}

export function useMaturePictures(): boolean {
  return useSyncExternalStore(watch, () => chosen);
}
