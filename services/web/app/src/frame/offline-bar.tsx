/**
 * The line below a page that was open already when the network went, and the one for a part that could not be had otherwise; not over somebody's
 * stream, whose viewers would read it.
 */
import { t } from "@lingui/core/macro";
import { WifiOff } from "lucide-react";
import { useSyncExternalStore } from "react";
import { LostBar } from "./lost-bar";
import { isOverStream } from "./over-stream";

export function OfflineBar() {
  const online = useSyncExternalStore(watch, () => navigator.onLine || isOverStream(location.pathname));
  return (
    <>
      <LostBar online={online} />
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
            {t`You are offline. The page goes on by itself when you are back.`}
          </>
        )}
      </p>
    </>
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
