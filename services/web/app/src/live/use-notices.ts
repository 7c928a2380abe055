/**
 * Notices of live channels in this tab: the list, asked for once and then pushed, and the one that came just now. The server knows whom its
 * reader follows; nothing is asked again when a channel goes live.
 */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useCallback, useState } from "react";
import { askAgain } from "../api/ask-again";
import type { Notice } from "../api/contract";
import { type NoticeList, notices, seeNotices } from "../api/notices";
import { afterEnd, afterNews, unreadOf, withNotices } from "./notice-list";
import { usePushed } from "./use-live";

export function useNotices(userId: string) {
  const client = useQueryClient();
  const queryKey = ["notices", userId];
  const query = useQuery({
    queryKey,
    queryFn: ({ signal }) => notices(signal),
    staleTime: Number.POSITIVE_INFINITY,
  });
  const [fresh, setFresh] = useState<Notice | null>(null);
  const [on, setOn] = useState(true);
  const change = (to: (list: NoticeList) => NoticeList) => {
    const known = client.getQueryData<NoticeList>(queryKey);
    if (known) client.setQueryData(queryKey, to(known));
    // It may have been written before this: once more, then.
    else void askAgain(client, queryKey);
  };
  usePushed([`notices:${userId}`], (pushed) => {
    const now = new Date().toISOString();
    if (pushed.event === "notice") {
      change((list) => withNotices(list, [pushed.data]));
      setFresh(pushed.data);
    }
    if (pushed.event === "notices") {
      setOn(pushed.data.page);
      if (!pushed.data.page) setFresh(null);
      if (client.getQueryData(queryKey)) change((list) => afterNews(list, pushed.data, now));
    }
    if (pushed.event === "directory" && "channel_id" in pushed.data) {
      const { channel_id } = pushed.data;
      if (client.getQueryData(queryKey)) change((list) => afterEnd(list, channel_id, now));
      setFresh((before) => (before?.channel_id === channel_id ? null : before));
    }
  });
  const list = query.data;
  const newest = list?.items[0]?.started_at;
  const see = useCallback(() => {
    if (newest) void seeNotices(newest).catch(() => {});
  }, [newest]);
  const dismiss = useCallback(() => setFresh(null), []);
  return { query, list, unread: list && on ? unreadOf(list) : 0, on, fresh, dismiss, see };
}
