/**
 * Whether what stands beside the picture may be loaded: it must not take the network from the first picture. True from that on, at the latest
 * after two seconds, and at once where no picture is awaited. Once true it stays so, on other channels too: all is loaded then.
 */
import { useEffect, useState } from "react";

/** Longer than a good start takes. Who waits for the picture has something to read by then. */
const PATIENCE_MS = 2_000;

let loaded = false;

/** `awaited`: undefined while that is not known. */
export function useAfterPicture(awaited: boolean | undefined): boolean {
  const [may, setMay] = useState(loaded);
  useEffect(() => {
    if (may || awaited === undefined) return;
    const now = () => {
      loaded = true;
      setMay(true);
    };
    if (!awaited) return now();
    // Events of media do not bubble; on their way down they are seen here.
    document.addEventListener("loadeddata", now, { capture: true, once: true });
    const timer = setTimeout(now, PATIENCE_MS);
    return () => {
      document.removeEventListener("loadeddata", now, { capture: true });
      clearTimeout(timer);
    };
  }, [may, awaited]);
  return may;
}
