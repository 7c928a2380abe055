/** Deeds that need a recent sign-in: when the server wants one, the deed waits until one has proved again who one is, then it is done. */
import { useState } from "react";
import { Problem } from "../../api/problem";

export function useProof() {
  const [waiting, setWaiting] = useState<(() => Promise<unknown>) | null>(null);
  const [busy, setBusy] = useState(false);

  /** Runs a deed; a refusal for want of a recent sign-in waits here, every other one is thrown. True: it was done. */
  const run = async (deed: () => Promise<unknown>): Promise<boolean> => {
    try {
      await deed();
      return true;
    } catch (error) {
      if (!(error instanceof Problem) || error.code !== "reauth_required") throw error;
      setWaiting(() => deed);
      return false;
    }
  };

  return {
    run,
    waiting: waiting !== null,
    /** It was proved: does what waited. */
    resume: async () => {
      setBusy(true);
      try {
        await waiting?.();
        setWaiting(null);
      } finally {
        setBusy(false);
      }
    },
    /** What waited is being done. */
    busy,
    cancel: () => setWaiting(null),
  };
}

export type Proof = ReturnType<typeof useProof>;
