/**
 * Whether one follows a channel, and with its bell. The list of whom one follows, which the rail has, tells of most: of a channel that one does not
 * follow the call that names it answers 404, which a browser writes into its console. That call is for the bell of one that is followed, which
 * can be changed elsewhere, and for who follows more than a page.
 */
import type { QueryClient } from "@tanstack/react-query";
import { following } from "../api/follows";
import { followed } from "../api/notices";
import { Problem } from "../api/problem";
import { keys } from "../live/use-live";

/** Not at all, with the bell, or without it. */
export type Follows = "no" | "told" | "silent";

/** A list that is younger tells, ms. Who follows or unfollows here makes it older than that. */
const FRESH_MS = 60_000;

export async function askFollows(
  client: QueryClient,
  username: string,
  signal: AbortSignal,
): Promise<Follows> {
  const list = await client.fetchQuery({
    queryKey: keys.followed,
    // One that goes on where this page is left: others may wait for it.
    queryFn: (context) => followed(undefined, context.signal),
    staleTime: FRESH_MS,
    // Who asks this asks again, as the client says: not each time as often once more.
    retry: false,
  });
  const name = username.toLowerCase();
  const isListed = list.items.some(({ stream }) => stream.username.toLowerCase() === name);
  if (!isListed && !list.next_cursor) return "no";
  try {
    return (await following(username, signal)).notify ? "told" : "silent";
  } catch (error) {
    if (error instanceof Problem && error.status === 404) return "no";
    throw error;
  }
}
