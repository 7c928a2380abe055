/** Deeds that need a recent sign-in: when the server wants one, the deed waits until the password was given, then it is done. */
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { Problem, sentence } from "../../api/problem";
import { session } from "../../auth/session";

export function useProof() {
  const [waiting, setWaiting] = useState<(() => Promise<unknown>) | null>(null);

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

  const confirm = useMutation({
    mutationFn: async (password: string) => {
      await session.prove(password);
      const deed = waiting;
      setWaiting(null);
      await deed?.();
    },
  });

  return {
    run,
    waiting: waiting !== null,
    confirm: confirm.mutateAsync,
    busy: confirm.isPending,
    error: confirm.error ? sentence(confirm.error) : undefined,
    cancel: () => {
      setWaiting(null);
      confirm.reset();
    },
  };
}

export type Proof = ReturnType<typeof useProof>;
