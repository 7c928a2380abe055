/** What arrives from the encoder and what the coach says of it, fed by pushed health; both are forgotten when a broadcast is over. */
import { useCallback, useRef, useState } from "react";
import type { Health, Rendition } from "../../api/contract";
import type { Advice } from "./coach";
import { CoachMemory } from "./coach-memory";

export interface Arriving {
  health: Health;
  advice: Advice[];
  /** When it came, as `Date.now()` says. */
  at: number;
}

export function useCoach() {
  const memory = useRef(new CoachMemory());
  const [arriving, setArriving] = useState<Arriving | null>(null);
  const see = useCallback((health: Health | null | undefined, renditions: Rendition[]) => {
    const at = Date.now();
    if (!health) return setArriving(null);
    const advice = memory.current.see(at, health, renditions);
    setArriving({ health: memory.current.asShown(at, health), advice, at });
  }, []);
  const forget = useCallback(() => {
    memory.current.forget();
    setArriving(null);
  }, []);
  return { arriving, see, forget };
}
