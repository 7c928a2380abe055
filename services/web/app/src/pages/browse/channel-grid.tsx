/** Channels under some filter, a page after the other, for as long as somebody asks for more; those on the page are kept true by push. */
import { t } from "@lingui/core/macro";
import { type InfiniteData, useInfiniteQuery, useQueryClient } from "@tanstack/react-query";
import { type ReactNode, useEffect, useRef } from "react";
import { askAgain } from "../../api/ask-again";
import { channels, type Wanted } from "../../api/channels";
import type { Page, Stream } from "../../api/contract";
import { sentence } from "../../api/problem";
import { backoff } from "../../live/backoff";
import { usePushed } from "../../live/use-live";
import { Button } from "../../ui/button";
import { CARD_GRID, CardSkeletons } from "../../ui/card-grid";
import { Message } from "../../ui/message";
import { SlowWords } from "../../ui/slow-words";
import { StreamCard } from "../../ui/stream-card";
import { gridAfter } from "./grid-after";

/** Longest wait before a list is asked for again, ms: many go live in the evening. */
const SOON_MS = 4_000;

export function ChannelGrid({ wanted, none }: { wanted: Wanted; none: ReactNode }) {
  const client = useQueryClient();
  const queryKey = ["channels", wanted];
  const soon = useRef<ReturnType<typeof setTimeout>>(undefined);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another list, another time
  useEffect(
    () => () => {
      clearTimeout(soon.current);
      soon.current = undefined;
    },
    [JSON.stringify(wanted)],
  );
  // Who is live is told of again and again: the first word counts.
  const askSoon = () => {
    soon.current ??= setTimeout(
      () => {
        soon.current = undefined;
        void askAgain(client, queryKey);
      },
      backoff(0, SOON_MS),
    );
  };
  usePushed(
    ["directory", "stills"],
    (pushed) => {
      if (pushed.event !== "still" && pushed.event !== "directory") return;
      const known = client.getQueryData<InfiniteData<Page<Stream>>>(queryKey);
      if (!known) return;
      const after = gridAfter(known.pages, pushed);
      client.setQueryData<InfiniteData<Page<Stream>>>(queryKey, { ...known, pages: after.pages });
      // A list that has an end may have got another channel; of one that goes on nobody misses it.
      if (after.isNew && !wanted.q && !known.pages.at(-1)?.next_cursor) askSoon();
    },
    (again) => again && askSoon(),
  );
  const list = useInfiniteQuery({
    queryKey,
    queryFn: ({ pageParam, signal }) => channels(wanted, pageParam, signal),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
    staleTime: 10_000,
  });
  if (list.error && !list.data) {
    return (
      <Message
        title={t`The list of channels did not load`}
        level="h2"
        testId="browse-error"
        action={
          <Button weight="primary" onClick={() => void list.refetch()}>
            {t`Try again`}
          </Button>
        }
      >
        {sentence(list.error)}
      </Message>
    );
  }
  const found = list.data?.pages.flatMap((page) => page.items) ?? [];
  if (list.data && found.length === 0) return none;
  return (
    <>
      <ul className={CARD_GRID} data-testid="browse-list" aria-busy={list.isPending}>
        {list.data ? (
          found.map((stream) => (
            <li key={stream.id}>
              <StreamCard stream={stream} offline="said" />
            </li>
          ))
        ) : (
          <CardSkeletons />
        )}
      </ul>
      {list.isPending && <SlowWords className="pt-4 text-sm text-quiet" />}
      {list.hasNextPage && (
        <div className="flex justify-center pt-8">
          <Button busy={list.isFetchingNextPage} data-testid="more" onClick={() => void list.fetchNextPage()}>
            {list.isFetchNextPageError ? t`That did not work. Try again` : t`Show more`}
          </Button>
        </div>
      )}
    </>
  );
}
