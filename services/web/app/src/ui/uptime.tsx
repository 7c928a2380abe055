/** How long a broadcast goes on, counted here, so that nothing around it is drawn anew each second. */
import { clockSince } from "./figures";
import { useNow } from "./use-now";

export function Uptime({ since }: { since: string }) {
  return clockSince(since, useNow(1_000));
}
