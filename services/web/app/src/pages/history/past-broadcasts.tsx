/** One's own broadcasts, the newest first, with what was counted; and whether others see that there were any. */

import type { MessageDescriptor } from "@lingui/core";
import { msg, t } from "@lingui/core/macro";
import { useInfiniteQuery, useMutation, useQueryClient } from "@tanstack/react-query";
import { ChevronRight } from "lucide-react";
import { useId } from "react";
import { Link, Navigate } from "react-router";
import type { OwnStream } from "../../api/contract";
import { type OwnBroadcast, ownBroadcasts, showBroadcasts } from "../../api/history";
import { sentence } from "../../api/problem";
import { signInPath, useSession } from "../../auth/use-session";
import { categoryName } from "../../language/category-name";
import { say } from "../../language/say";
import { keys } from "../../live/use-live";
import { useOwnStream } from "../../live/use-own-stream";
import { Button, buttonLook } from "../../ui/button";
import { titleOf } from "../../ui/channel-title";
import { FormError } from "../../ui/field";
import { clock, date } from "../../ui/figures";
import { Message } from "../../ui/message";
import { PageSkeleton } from "../../ui/skeleton";
import { Switch } from "../../ui/switch";
import { useTitle } from "../../ui/use-title";
import { figuresOf } from "./figures-of";

/** For whom one was that not everybody could watch. */
const VISIBILITY: Record<string, MessageDescriptor> = {
  unlisted: msg`unlisted`,
  followers: msg`for followers`,
  password: msg`with a password`,
  private: msg`private`,
};

/** The last minute of one that has just ended comes some seconds later. */
const COUNTING_MS = 5_000;

export function PastBroadcasts() {
  useTitle(t`Past broadcasts`);
  const { status } = useSession();
  if (status === "out") return <Navigate to={signInPath("/dashboard/broadcasts")} replace />;
  if (status === "unknown") return <PageSkeleton />;
  return <SignedIn />;
}

const isCounting = (past: OwnBroadcast) => past.ended_at !== null && !past.complete;

function SignedIn() {
  const own = useOwnStream(() => {});
  const list = useInfiniteQuery({
    queryKey: ["own-stream", "broadcasts"],
    queryFn: ({ pageParam, signal }) => ownBroadcasts(pageParam, signal),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
    staleTime: 0,
    refetchInterval: ({ state }) =>
      state.data?.pages.some((page) => page.items.some(isCounting)) ? COUNTING_MS : false,
  });
  const failed = own.error ?? list.error;
  if (!own.data || !list.data) {
    if (!failed) return <PageSkeleton />;
    const again = () => {
      void own.refetch();
      void list.refetch();
    };
    return (
      <Message
        title={t`Your past broadcasts did not load`}
        testId="past-error"
        action={
          <Button weight="primary" onClick={again}>
            {t`Try again`}
          </Button>
        }
      >
        {sentence(failed)}
      </Message>
    );
  }
  const stream = own.data;
  const items = list.data.pages.flatMap((page) => page.items);
  return (
    <div className="mx-auto flex w-full max-w-5xl flex-col gap-4 px-4 py-6 sm:px-6">
      <div className="flex flex-wrap items-center gap-3">
        <h1 className="flex-1 text-xl font-semibold tracking-tight">{t`Past broadcasts`}</h1>
        <Link to="/dashboard" className={buttonLook()}>
          {t`Dashboard`}
        </Link>
      </div>
      <ShownToOthers stream={stream} />
      {items.length === 0 ? (
        <Message
          level="h2"
          title={t`You have not been live yet`}
          testId="past-empty"
          action={
            <Link to="/dashboard" className={buttonLook("primary")}>
              {t`Go live`}
            </Link>
          }
        >
          {t`Each broadcast is listed here with its viewers, its chat and how well it arrived.`}
        </Message>
      ) : (
        <ul className="flex flex-col gap-3" data-testid="past-list">
          {items.map((past) => (
            <Row key={past.id} past={past} username={stream.username} />
          ))}
        </ul>
      )}
      {list.hasNextPage && (
        <div className="text-center">
          <Button busy={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>
            {t`More`}
          </Button>
        </div>
      )}
    </div>
  );
}

function ShownToOthers({ stream }: { stream: OwnStream }) {
  const client = useQueryClient();
  const name = useId();
  const save = useMutation({
    mutationFn: showBroadcasts,
    onSuccess: ({ show_broadcasts }) =>
      client.setQueryData<OwnStream>(keys.own, (known) =>
        known && show_broadcasts !== undefined ? { ...known, show_broadcasts } : known,
      ),
  });
  const shown = save.isPending ? save.variables : (stream.show_broadcasts ?? true);
  return (
    <div className="rounded-md border bg-raised px-4 py-3 sm:px-5">
      <div className="flex items-center gap-4">
        <div className="min-w-0 flex-1">
          <p id={name} className="font-medium">
            {t`Show past broadcasts on your channel`}
          </p>
          <p className="text-quiet">
            {t`Others see title, category, day and duration. The figures below are for you alone.`}
          </p>
        </div>
        <Switch
          labelledBy={name}
          checked={shown}
          testId="show-broadcasts"
          onChange={(on) => save.mutate(on)}
        />
      </div>
      <FormError>{save.error ? sentence(save.error) : null}</FormError>
    </div>
  );
}

/** A line of figures, all of which leads to their page; its link is called by the title alone. */
function Row({ past, username }: { past: OwnBroadcast; username: string }) {
  const title = titleOf({ ...past, display_name: username });
  return (
    <li
      data-testid="past-row"
      data-complete={past.complete}
      className="relative grid grid-cols-[1fr_auto] items-center gap-x-4 gap-y-2 rounded-md border bg-raised px-4 py-3 transition-colors hover:border-quiet hover:bg-hover sm:grid-cols-[10rem_1fr_auto] sm:px-5"
    >
      <p className="figures text-sm max-sm:col-start-1">
        <time dateTime={past.started_at} className="font-medium sm:block">
          {date(past.started_at)}
        </time>
        <span className="text-quiet max-sm:pl-2">{span(past)}</span>
      </p>
      <div className="flex min-w-0 flex-col gap-2 max-sm:col-span-2 max-sm:row-start-2">
        <div>
          <h2 className="line-clamp-2 font-medium wrap-anywhere">
            <Link
              to={`/dashboard/broadcasts/${past.id}`}
              data-testid="past-link"
              className="after:absolute after:inset-0 after:rounded-md focus-visible:outline-none focus-visible:after:outline-2 focus-visible:after:outline-action"
            >
              {title}
            </Link>
          </h2>
          <p className="text-quiet empty:hidden">{about(past)}</p>
        </div>
        <dl className="grid grid-cols-2 items-end gap-x-4 gap-y-2 sm:grid-cols-3 lg:grid-cols-6">
          {figuresOf(past).map((figure) => (
            <div key={figure.key} className="min-w-0">
              <dt className="text-xs text-quiet">{figure.name}</dt>
              <dd className="figures font-medium" data-testid={`past-${figure.key}`}>
                {figure.value}
              </dd>
            </div>
          ))}
        </dl>
      </div>
      <ChevronRight aria-hidden className="size-5 text-quiet" />
    </li>
  );
}

/** From when until when, on the reader's own clocks. */
function span({ started_at, ended_at }: OwnBroadcast): string {
  const from = clock(started_at);
  if (ended_at === null) return t`${from}, on air`;
  const to = clock(ended_at);
  return `${from} – ${to}`;
}

function about(past: OwnBroadcast): string {
  const words = [
    past.category && categoryName(past.category),
    past.visibility !== "public" && (say(VISIBILITY[past.visibility]) ?? past.visibility),
    past.test && t`test, seen by nobody else`,
    isCounting(past) && t`still counting`,
  ];
  return words.filter(Boolean).join(" · ");
}
