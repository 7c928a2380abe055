/** A list of the desk in pages, with what is said when it is empty or did not load. */
import { t } from "@lingui/core/macro";
import { type InfiniteData, useInfiniteQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import type { Page } from "../../api/contract";
import { Button } from "../../ui/button";
import { NotLoaded } from "../../ui/not-loaded";
import { RowsSkeleton } from "../../ui/skeleton";

export function PagesOf<T>({
  queryKey,
  ask,
  empty,
  every,
  children,
}: {
  queryKey: readonly string[];
  ask: (cursor: string | undefined, signal: AbortSignal) => Promise<Page<T>>;
  empty: string;
  /** Asks again after so many milliseconds, while the page is seen; otherwise never by itself. */
  every?: number;
  children: (item: T) => ReactNode;
}) {
  const list = useInfiniteQuery<Page<T>, Error, InfiniteData<Page<T>>, readonly string[], string | undefined>(
    {
      queryKey,
      queryFn: ({ pageParam, signal }) => ask(pageParam, signal),
      initialPageParam: undefined,
      getNextPageParam: (page) => page.next_cursor ?? undefined,
      staleTime: 0,
      refetchInterval: every ?? false,
      placeholderData: (before) => before,
    },
  );
  const items = list.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <>
      {list.error && (
        <NotLoaded error={list.error} again={list.refetch} className="border-t px-4 py-3 sm:px-5" />
      )}
      {!list.data && !list.error && <RowsSkeleton rows={3} />}
      {list.data && items.length === 0 && (
        <p className="border-t px-4 py-4 text-sm text-quiet sm:px-5">{empty}</p>
      )}
      {items.length > 0 && <ul className="divide-y border-t">{items.map(children)}</ul>}
      {list.hasNextPage && (
        <div className="border-t p-3 text-center">
          <Button busy={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>
            {t`More`}
          </Button>
        </div>
      )}
    </>
  );
}
