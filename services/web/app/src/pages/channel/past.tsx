/** What a channel that is offline has broadcast lately. Nothing, if it shows nothing. */
import { t } from "@lingui/core/macro";
import { useQuery } from "@tanstack/react-query";
import type { Stream } from "../../api/contract";
import { type PastBroadcast, pastBroadcasts } from "../../api/history";
import { categoryName } from "../../language/category-name";
import { titleOf } from "../../ui/channel-title";
import { ago, duration } from "../../ui/figures";
import { coverOf } from "../../ui/hue";
import { useNow } from "../../ui/use-now";

export function ChannelPast({ stream }: { stream: Stream }) {
  const now = useNow(60_000);
  const { data } = useQuery({
    queryKey: ["past", stream.username],
    queryFn: ({ signal }) => pastBroadcasts(stream.username, signal),
    staleTime: 0,
  });
  // Where one may not know of them there are none.
  const items = data?.items ?? [];
  if (items.length === 0) return null;
  return (
    <section
      aria-label={t`Past broadcasts`}
      data-testid="channel-past"
      className="flex flex-col gap-3 border-t px-4 py-5 sm:px-6"
    >
      <h2 className="text-base font-semibold">{t`Past broadcasts`}</h2>
      <ul className="grid grid-cols-[repeat(auto-fill,minmax(min(100%,13rem),1fr))] gap-4">
        {items.map((past) => (
          <Card key={past.id} past={past} stream={stream} now={now} />
        ))}
      </ul>
    </section>
  );
}

function Card({ past, stream, now }: { past: PastBroadcast; stream: Stream; now: number }) {
  return (
    <li data-testid="past-card" className="flex min-w-0 gap-3 sm:flex-col sm:gap-2">
      <div
        aria-hidden
        className="relative aspect-video overflow-hidden rounded-md border max-sm:w-36 max-sm:shrink-0"
        style={{ background: coverOf(stream.username) }}
      >
        <span className="figures absolute right-2 bottom-2 rounded-[4px] bg-black/70 px-1.5 py-0.5 text-xs text-white">
          {duration(past.duration_s)}
        </span>
      </div>
      <div className="min-w-0">
        <p className="line-clamp-2 font-medium wrap-anywhere">
          {titleOf({ ...past, display_name: stream.display_name })}
        </p>
        <p className="text-xs text-quiet">
          <time dateTime={past.started_at}>{ago(past.ended_at ?? past.started_at, now)}</time>
          {past.category && ` · ${categoryName(past.category)}`}
          <span className="sr-only"> · {duration(past.duration_s)}</span>
        </p>
      </div>
    </li>
  );
}
