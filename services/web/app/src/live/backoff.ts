/** Jittered exponential back-off, shared by everything that reconnects. Pure: chance is an argument. */

/**
 * Wait before attempt `attempt` (0 is the first retry): a random share of 50-100 % of `base · 2^attempt`, at most `cap`.
 * Milliseconds. The jitter keeps a restarted server from being met by all viewers at once.
 */
export function backoff(attempt: number, base = 500, cap = 15_000, chance = Math.random()): number {
  const full = Math.min(cap, base * 2 ** Math.min(attempt, 20));
  return full / 2 + (full / 2) * chance;
}
