/** The channels that one follows, each with its bell. */
import { t } from "@lingui/core/macro";
import { type InfiniteData, useInfiniteQuery, useMutation, useQueryClient } from "@tanstack/react-query";
import { useId } from "react";
import { Link } from "react-router";
import type { Page } from "../../api/contract";
import { type Followed, followed, setBell } from "../../api/notices";
import { sentence } from "../../api/problem";
import { Avatar } from "../../ui/avatar";
import { Button } from "../../ui/button";
import { FormError } from "../../ui/field";
import { Switch } from "../../ui/switch";
import { NotYet, ROW, Section } from "../moderation/section";

const KEY = ["own", "followed"];
type Pages = InfiniteData<Page<Followed>, string>;

export function BellsSection() {
  const client = useQueryClient();
  const list = useInfiniteQuery({
    queryKey: KEY,
    queryFn: ({ pageParam, signal }) => followed(pageParam || undefined, signal),
    initialPageParam: "",
    getNextPageParam: (last) => last.next_cursor || undefined,
    staleTime: 0,
  });
  const change = useMutation({
    mutationFn: ({ username, on }: { username: string; on: boolean }) => setBell(username, on),
    onSuccess: ({ notify }, { username }) => {
      client.setQueryData<Pages>(KEY, (data) => data && withBell(data, username, notify));
      void client.invalidateQueries({ queryKey: ["follow", username.toLowerCase()] });
    },
  });
  const items = list.data?.pages.flatMap((page) => page.items);
  const { error } = change;
  return (
    <Section
      title={t`Channels`}
      testId="notice-channels"
      about={t`You are not told of channels that are off here: not in the page, not by the browser, not by mail.`}
    >
      {error && (
        <div className="px-4 pb-4 sm:px-5">
          <FormError>{sentence(error)}</FormError>
        </div>
      )}
      <NotYet query={list} rows={2} />
      {items?.length === 0 && (
        <p className="border-t px-4 py-4 text-sm text-quiet sm:px-5">{t`You follow nobody yet.`}</p>
      )}
      <ul className="divide-y border-t empty:hidden">
        {items?.map((item) => (
          <Row
            key={item.stream.id}
            item={item}
            change={(on) => change.mutate({ username: item.stream.username, on })}
          />
        ))}
      </ul>
      {list.hasNextPage && (
        <div className="border-t px-4 py-3 sm:px-5">
          <Button busy={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>
            {t`Show more`}
          </Button>
        </div>
      )}
    </Section>
  );
}

function Row({ item, change }: { item: Followed; change: (on: boolean) => void }) {
  const id = useId();
  const { stream } = item;
  return (
    <li className={ROW} data-testid="notice-channel">
      <Avatar name={stream.display_name} src={stream.avatar_url} size={32} />
      <Link
        id={id}
        to={`/${stream.username}`}
        className="min-w-0 flex-1 truncate font-semibold hover:underline"
      >
        {stream.display_name}
      </Link>
      <Switch labelledBy={id} checked={item.notify} testId={`bell-${stream.username}`} onChange={change} />
    </li>
  );
}

function withBell(data: Pages, username: string, notify: boolean): Pages {
  const pages = data.pages.map((page) => ({
    ...page,
    items: page.items.map((item) => (item.stream.username === username ? { ...item, notify } : item)),
  }));
  return { ...data, pages };
}
