/**
 * The page in place of all others when the app was opened without a network; it comes back by itself. It is loaded when it is needed, which
 * is when nothing can be fetched: its texts in every language come with it, and `index.html` names its files to the worker that keeps them
 * (`tools/offline-plugin`).
 */
import { t } from "@lingui/core/macro";
import { WifiOff } from "lucide-react";
import { useCallback, useEffect, useState } from "react";
import { loadOfflineTexts } from "../language/offline-texts";
import { Button } from "../ui/button";
import { Message } from "../ui/message";
import { useTitle } from "../ui/use-title";
import { isReachable } from "./shell";

/** Time between two looks for the server, growing. */
const FIRST_MS = 2_000;
const MOST_MS = 15_000;

loadOfflineTexts();

export function OfflinePage() {
  useTitle(t`Offline`);
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
        title={t`Streamly cannot be reached`}
        testId="offline"
        action={
          <Button weight="primary" busy={asking} data-testid="offline-again" onClick={() => void look()}>
            {t`Try again`}
          </Button>
        }
      >
        {t`You are offline, or the server is away. This page comes back by itself.`}
      </Message>
    </main>
  );
}
