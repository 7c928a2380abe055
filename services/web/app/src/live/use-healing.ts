/** Asks again for what could not be had at first, with growing pauses and when the network is back. Meanwhile the page says what is the matter. */
import { type UseQueryResult, useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef } from "react";
import { Problem } from "../api/problem";
import { backoff } from "./backoff";

/** First pause and longest one, ms: the query's own tries are over by then. */
const PAUSES_MS = [5_000, 60_000] as const;

/** Whether the next answer may be another one: nobody answered, or the server had no good one. */
const mayPass = (error: unknown) =>
  !(error instanceof Problem) || error.status === 0 || error.status === 429 || error.status >= 500;

/** `ask` may change without a new attempt; its answer becomes the query's. */
export function useHealing<T>(
  query: Pick<UseQueryResult<T>, "data" | "error" | "refetch">,
  queryKey: readonly string[],
  ask: (signal: AbortSignal) => Promise<T>,
): void {
  const client = useQueryClient();
  const latest = useRef({ query, queryKey, ask });
  useEffect(() => {
    latest.current = { query, queryKey, ask };
  });
  const failed = query.data === undefined && query.error !== null && mayPass(query.error);
  const name = queryKey.join(" ");
  // biome-ignore lint/correctness/useExhaustiveDependencies: of another name it is another matter
  useEffect(() => {
    if (!failed) return;
    const stop = new AbortController();
    let tries = 0;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const plan = () => {
      timer = setTimeout(attempt, backoff(tries++, ...PAUSES_MS));
    };
    const attempt = async () => {
      clearTimeout(timer);
      const now = latest.current;
      try {
        const answer = await now.ask(stop.signal);
        if (!stop.signal.aborted) client.setQueryData(now.queryKey, answer);
      } catch (error) {
        if (stop.signal.aborted) return;
        // What it says now is the page's to show.
        if (mayPass(error)) plan();
        else void now.query.refetch();
      }
    };
    window.addEventListener("online", attempt);
    plan();
    return () => {
      stop.abort();
      clearTimeout(timer);
      window.removeEventListener("online", attempt);
    };
  }, [failed, name, client]);
}
