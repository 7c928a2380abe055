/**
 * Without a network: the page in place of all others when the app was opened so, which comes back by itself, and the line that says so below
 * a page that was open already.
 */
import { WifiOff } from "lucide-react";
import { useCallback, useEffect, useState, useSyncExternalStore } from "react";
import { Button } from "../ui/button";
import { Message } from "../ui/message";
import { useTitle } from "../ui/use-title";
import { isReachable } from "./shell";

/** Time between two looks for the server, growing. */
const FIRST_MS = 2_000;
const MOST_MS = 15_000;

export function OfflinePage() {
  useTitle("Offline");
  const [asking, setAsking] = useState(false);
  const look = useCallback(async () => {
    setAsking(true);
    // The same address, as the server has it.
    if (await isReachable()) location.reload();
    else setAsking(false);
  }, []);
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout>;
    const again = (wait: number) => {
      timer = setTimeout(async () => {
        await look();
        again(Math.min(wait * 1.5, MOST_MS));
      }, wait);
    };
    const now = () => void look();
    addEventListener("online", now);
    again(FIRST_MS);
    return () => {
      removeEventListener("online", now);
      clearTimeout(timer);
    };
  }, [look]);
  return (
    <main className="flex min-h-dvh flex-col items-center justify-center">
      <WifiOff aria-hidden className="-mb-14 size-8 text-quiet" />
      <Message
        title="Streamly cannot be reached"
        testId="offline"
        action={
          <Button weight="primary" busy={asking} data-testid="offline-again" onClick={() => void look()}>
            Try again
          </Button>
        }
      >
        You are offline, or the server is away. This page comes back by itself.
      </Message>
    </main>
  );
}

export function OfflineBar() {
  const online = useSyncExternalStore(watch, () => navigator.onLine);
  return (
    <p
      role="status"
      data-testid="offline-bar"
      className={
        online
          ? "sr-only"
          : "fixed inset-x-0 bottom-0 z-50 flex items-center justify-center gap-2 border-t bg-raised px-4 py-2 text-sm"
      }
    >
      {!online && (
        <>
          <WifiOff aria-hidden className="size-4 shrink-0 text-quiet" />
          You are offline. Everything goes on by itself when you are back.
        </>
      )}
    </p>
  );
}

function watch(change: () => void): () => void {
  addEventListener("online", change);
  addEventListener("offline", change);
  return () => {
    removeEventListener("online", change);
    removeEventListener("offline", change);
  };
}
