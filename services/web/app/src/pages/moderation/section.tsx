/** A part of the moderation page: its head, a sentence when it is empty or did not load, and its rows. */
import type { UseQueryResult } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { NotLoaded } from "../../ui/not-loaded";
import { RowsSkeleton } from "../../ui/skeleton";

export function Section({
  title,
  about,
  action,
  testId,
  children,
}: {
  title: string;
  about?: ReactNode;
  action?: ReactNode;
  testId?: string;
  children: ReactNode;
}) {
  return (
    <section aria-label={title} data-testid={testId} className="rounded-md border bg-raised">
      <header className="flex flex-wrap items-center gap-x-4 gap-y-2 px-4 pt-4 pb-3 sm:px-5">
        <div className="min-w-0 flex-1 basis-56">
          <h2 className="text-base font-semibold">{title}</h2>
          {about && <p className="max-w-[70ch] pt-0.5 text-sm text-quiet">{about}</p>}
        </div>
        {action}
      </header>
      {children}
    </section>
  );
}

/** In place of what was asked for while it is on its way, with room for so many rows, or when it did not load. */
export function NotYet({
  query,
  rows,
}: {
  query: { data?: unknown; error: unknown; refetch: () => unknown };
  rows?: number;
}) {
  if (query.data !== undefined) return null;
  if (!query.error) return <RowsSkeleton {...(rows ? { rows } : {})} />;
  return <NotLoaded error={query.error} again={query.refetch} className="border-t px-4 py-3 sm:px-5" />;
}

/** The rows of a list that was asked for. */
export function Rows<T>({
  query,
  empty,
  children,
}: {
  query: UseQueryResult<{ items: T[] }>;
  empty: string;
  children: (item: T) => ReactNode;
}) {
  if (!query.data) return <NotYet query={query} />;
  if (query.data.items.length === 0)
    return <p className="border-t px-4 py-4 text-sm text-quiet sm:px-5">{empty}</p>;
  return <ul className="divide-y border-t">{query.data.items.map(children)}</ul>;
}

export const ROW = "flex flex-wrap items-center gap-x-4 gap-y-2 px-4 py-3 text-sm sm:px-5";
