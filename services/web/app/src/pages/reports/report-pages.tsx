/**
 * A list of reports in pages, on a page of its own. It is asked for again when one comes back to the window, when something was done, and
 * every so often while it is looked at: nothing pushes it.
 */
import { t } from "@lingui/core/macro";
import { type InfiniteData, useInfiniteQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import type { Report } from "../../api/chat";
import type { Page } from "../../api/contract";
import { Button } from "../../ui/button";
import { NotLoaded } from "../../ui/not-loaded";
import { RowsSkeleton } from "../../ui/skeleton";
import { Section } from "../moderation/section";

/** Not while the page is out of sight. */
const AGAIN_MS = 30_000;

export function ReportPages({
  title,
  about,
  empty,
  queryKey,
  ask,
  children,
}: {
  title: string;
  about: string;
  empty: string;
  queryKey: readonly string[];
  ask: (cursor: string | null, signal: AbortSignal) => Promise<Page<Report>>;
  children: (report: Report) => ReactNode;
}) {
  const list = useInfiniteQuery<
    Page<Report>,
    Error,
    InfiniteData<Page<Report>>,
    readonly string[],
    string | null
  >({
    queryKey,
    queryFn: ({ pageParam, signal }) => ask(pageParam, signal),
    initialPageParam: null,
    getNextPageParam: (page) => page.next_cursor ?? null,
    staleTime: 0,
    refetchOnWindowFocus: true,
    refetchInterval: AGAIN_MS,
  });
  const found = list.data?.pages.flatMap((p) => p.items) ?? [];
  return (
    <Section
      title={title}
      about={about}
      testId="reports"
      action={
        <Button busy={list.isFetching} data-testid="look-again" onClick={() => void list.refetch()}>
          {t`Look again`}
        </Button>
      }
    >
      {list.error && (
        <NotLoaded error={list.error} again={list.refetch} className="border-t px-4 py-3 sm:px-5" />
      )}
      {!list.data && !list.error && <RowsSkeleton rows={2} />}
      {list.data && found.length === 0 && (
        <p className="border-t px-4 py-4 text-sm text-quiet sm:px-5">{empty}</p>
      )}
      {found.length > 0 && <ul className="divide-y border-t">{found.map(children)}</ul>}
      {list.hasNextPage && (
        <div className="border-t p-3 text-center">
          <Button busy={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>
            {t`More`}
          </Button>
        </div>
      )}
    </Section>
  );
}
