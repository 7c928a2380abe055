/** Has what was asked before asked again, because something pushed, or done here, says that the answer is another by now. */
import type { QueryClient } from "@tanstack/react-query";
import { atMost } from "./time-limit";

/** A deed that succeeded waits this long at most for what it changed, ms. */
const SHOWN_MS = 2_000;

/**
 * Unlike `invalidateQueries` alone it is not swallowed by a first answer that is still on its way: that may have been written before what
 * was pushed, so it is asked once more after it.
 */
export async function askAgain(client: QueryClient, queryKey: readonly unknown[]): Promise<void> {
  const first = client
    .getQueryCache()
    .findAll({ queryKey, fetchStatus: "fetching" })
    .filter((query) => query.state.data === undefined);
  await Promise.allSettled(first.map((query) => query.promise));
  await client.invalidateQueries({ queryKey });
}

/**
 * As a mutation's `onSettled`: what it changed is asked for before it is over, unless that takes long. What failed is over at once.
 */
export const afterwards = (ask: () => Promise<unknown>) => async (_done: unknown, error: Error | null) => {
  const asked = ask();
  if (!error) await atMost(SHOWN_MS, asked);
};
