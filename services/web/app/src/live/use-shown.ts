/** A channel's state in the viewer's words, with "ended" for a broadcast that this page has seen running. */
import { useEffect, useState } from "react";
import type { Stream } from "../api/contract";
import { type Shown, shownState } from "./stream-state";

export function useShown(stream: Stream | undefined): Shown {
  const id = stream?.id;
  const state = stream?.state ?? "offline";
  const [seen, setSeen] = useState<string | null>(null);
  useEffect(() => {
    if (id && (state === "live" || state === "reconnecting")) setSeen(id);
  }, [id, state]);
  return shownState(state, seen !== null && seen === id);
}
