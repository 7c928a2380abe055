/** Who waits for a broadcast has the player's heavy half before it begins; who looks in and goes on does not load it. */
import { useEffect } from "react";
import { preloadHls } from "./hls-loader";

/** Who is still there after so long waits. */
const WAITING_MS = 10_000;
const whenIdle = window.requestIdleCallback ?? ((call: () => void) => setTimeout(call, 1));

export function usePreload(running: boolean): void {
  useEffect(() => {
    if (running) return;
    const timer = setTimeout(() => whenIdle(preloadHls), WAITING_MS);
    return () => clearTimeout(timer);
  }, [running]);
}
