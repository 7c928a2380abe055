/** How much waits for a channel's moderators, as a figure and in words. Pure. Of a list of several pages only the first is counted: "50+". */
import { plural } from "@lingui/core/macro";
import type { Page } from "../api/contract";
import { list } from "../ui/figures";

export interface Waits {
  reports?: Page<unknown> | undefined;
  requests?: Page<unknown> | undefined;
}

/** Null when nothing waits, or nothing is known. */
export function waitingCount({ reports, requests }: Waits): string | null {
  const all = (reports?.items.length ?? 0) + (requests?.items.length ?? 0);
  if (all === 0) return null;
  return `${all}${reports?.next_cursor || requests?.next_cursor ? "+" : ""}`;
}

/** "2 reports and 1 request to come back"; empty when nothing waits. */
export function waitingWords({ reports, requests }: Waits): string {
  return list(
    [
      of(reports, (n, more) =>
        more
          ? plural(n, { one: "more than # report", other: "more than # reports" })
          : plural(n, { one: "# report", other: "# reports" }),
      ),
      of(requests, (n, more) =>
        more
          ? plural(n, { one: "more than # request to come back", other: "more than # requests to come back" })
          : plural(n, { one: "# request to come back", other: "# requests to come back" }),
      ),
    ].filter(Boolean),
  );
}

function of(page: Page<unknown> | undefined, say: (n: number, more: boolean) => string): string {
  const n = page?.items.length ?? 0;
  return n === 0 ? "" : say(n, Boolean(page?.next_cursor));
}
