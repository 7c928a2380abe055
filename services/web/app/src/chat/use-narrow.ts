/** Whether the window is as narrow as a phone's: what is on top of the chat is folded then. */
import { useSyncExternalStore } from "react";

const query = matchMedia("(max-width: 479px)");

function subscribe(changed: () => void): () => void {
  query.addEventListener("change", changed);
  return () => query.removeEventListener("change", changed);
}

export const useNarrow = (): boolean => useSyncExternalStore(subscribe, () => query.matches);
