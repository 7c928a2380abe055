/** Whole seconds until a moment (milliseconds since 1970), counting down; nothing runs when it has passed. */
import { useEffect, useState } from "react";
import { secondsUntil } from "./spans";

export function useWait(until: number): number {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    // Also when the moment was moved to the past: the last look was before it.
    setNow(Date.now());
    if (until <= Date.now()) return;
    const timer = setInterval(() => {
      setNow(Date.now());
      if (Date.now() >= until) clearInterval(timer);
    }, 250);
    return () => clearInterval(timer);
  }, [until]);
  return secondsUntil(until, now);
}
