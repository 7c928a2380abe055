/** The list of notices as what is pushed changes it. Pure. */

import { t } from "@lingui/core/macro";
import type { Notice, PushedEvents } from "../api/contract";
import type { NoticeList } from "../api/notices";

/** As many as the server lists. */
const MOST = 50;

/** Whether it is news to who has seen what began until `seen`. */
export const isNews = (notice: Notice, seen: string | null): boolean =>
  seen === null || Date.parse(notice.started_at) > Date.parse(seen);

export const unreadOf = (list: NoticeList): number =>
  list.items.filter((n) => isNews(n, list.seen_at)).length;

/** With notices that are not in it yet, the newest first. */
export function withNotices(list: NoticeList, added: Notice[]): NoticeList {
  const known = new Set(list.items.map((n) => n.broadcast_id));
  const fresh = added.filter((n) => !known.has(n.broadcast_id));
  if (fresh.length === 0) return list;
  const items = [...fresh, ...list.items]
    .sort((a, b) => Date.parse(b.started_at) - Date.parse(a.started_at))
    .slice(0, MOST);
  return { ...list, items };
}

/** As the server says at each connection and change. What was live and is not named any more is over. */
export function afterNews(list: NoticeList, news: PushedEvents["notices"], now: string): NoticeList {
  const live = new Map(news.live.map((n) => [n.broadcast_id, n]));
  const items = list.items.map((n) => {
    const of = live.get(n.broadcast_id);
    return of ? { ...n, ...of } : n.ended_at === null && news.page ? ended(n, now) : n;
  });
  return { ...withNotices({ ...list, items }, news.live), seen_at: news.seen_at };
}

/** What a channel broadcasts is over. */
export function afterEnd(list: NoticeList, channel: string, now: string): NoticeList {
  if (!list.items.some((n) => n.channel_id === channel && n.ended_at === null)) return list;
  const items = list.items.map((n) => (n.channel_id === channel && n.ended_at === null ? ended(n, now) : n));
  return { ...list, items };
}

const ended = (notice: Notice, now: string): Notice => ({
  ...notice,
  title: "",
  category: "",
  ended_at: now,
});

/** "Ada is live: Engines". */
export function sentenceOf({ display_name: name, title }: Notice): string {
  return title ? t`${name} is live: ${title}` : t`${name} is live`;
}
