/** How much waits for a channel's moderators, as a figure and in words. Pure. Of a list of several pages only the first is counted: "50+". */
import type { Page } from "../api/contract";

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
  return [of(reports, "report", "reports"), of(requests, "request to come back", "requests to come back")]
    .filter(Boolean)
    .join(" and ");
}

function of(list: Page<unknown> | undefined, one: string, many: string): string {
  const n = list?.items.length ?? 0;
  if (n === 0) return "";
  if (list?.next_cursor) return `more than ${n} ${many}`;
  return `${n} ${n === 1 ? one : many}`;
}
