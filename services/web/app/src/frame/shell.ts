/**
 * The app's own files without a network: the worker that keeps them (`/shell-sw.js`), and whether this page was opened from what it keeps.
 * Not in frames, which belong to other sites, and not while developing.
 */

import { late, within } from "../api/time-limit";

/** Put on `<html>` by the worker when it answered in the server's place. */
const MARK = "data-offline";
/** Longest wait for a sign of the server, ms: a network that carries nothing can keep a call for minutes. */
const SIGN_MS = 8_000;

export function startedOffline(): boolean {
  return document.documentElement.hasAttribute(MARK);
}

/** Once everything that the page needs is there, so that it waits for nothing. */
export function keepShell(): void {
  if (!import.meta.env.PROD || !("serviceWorker" in navigator) || window.top !== window) return;
  const register = () =>
    void navigator.serviceWorker
      .register("/shell-sw.js", { scope: "/", updateViaCache: "none" })
      .catch(() => {
        // Without it the app is what it was before: there while the server is.
      });
  if (document.readyState === "complete") register();
  else addEventListener("load", register, { once: true });
}

/** Whether the server can be reached. Never throws. */
export async function isReachable(): Promise<boolean> {
  const asked = (signal: AbortSignal) => fetch("/api/client", { cache: "no-store", signal });
  try {
    return (await within(SIGN_MS, () => late(true), undefined, asked)).ok;
  } catch {
    return false;
  }
}
