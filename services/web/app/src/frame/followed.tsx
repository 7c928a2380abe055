/** The channels that somebody follows: who is live first, then who is not. In the rail, and on home where there is no rail. */
import { t } from "@lingui/core/macro";
import { useQuery } from "@tanstack/react-query";
import { Link, NavLink } from "react-router";
import type { Stream } from "../api/contract";
import { followed } from "../api/notices";
import { keys, useDirectory } from "../live/use-live";
import { Avatar } from "../ui/avatar";
import { byLiveness } from "./followed-order";

/** The newest ones that fit a rail; all are among the notices' settings. */
const SHOWN = 12;

function useFollowed() {
  const live = useDirectory().data;
  const list = useQuery({
    queryKey: keys.followed,
    queryFn: async ({ signal }) => await followed(undefined, signal),
    staleTime: 60_000,
  });
  const streams = (list.data?.items ?? []).map((item) => item.stream);
  const shown = byLiveness(streams, live ?? []);
  return { shown: shown.slice(0, SHOWN), more: shown.length > SHOWN || Boolean(list.data?.next_cursor) };
}

export function FollowedRail({ folded }: { folded: boolean }) {
  const { shown, more } = useFollowed();
  if (shown.length === 0) return null;
  return (
    <section className="mt-3 border-t pt-3" data-testid="rail-followed" aria-label={t`Channels you follow`}>
      <h2
        className={
          folded
            ? "sr-only"
            : "sr-only xl:not-sr-only xl:px-4 xl:pb-2 xl:text-xs xl:font-semibold xl:text-quiet"
        }
      >
        {t`Channels you follow`}
      </h2>
      <ul>
        {shown.map(({ stream, live }) => (
          <li key={stream.id}>
            <NavLink
              to={`/${stream.username}`}
              title={stream.display_name}
              data-testid="followed-channel"
              data-live={live}
              className={({ isActive }) =>
                `flex items-center gap-3 px-4 py-2 hover:bg-hover focus-visible:outline-offset-[-2px] ${isActive ? "bg-hover" : ""}`
              }
            >
              <Face stream={stream} live={live} />
              <span className={`min-w-0 flex-1 ${folded ? "hidden" : "hidden xl:block"}`}>
                <span className={`block truncate text-sm ${live ? "font-medium" : "text-quiet"}`}>
                  {stream.display_name}
                </span>
                <span className="block truncate text-xs text-quiet">{live ? t`Live` : t`Offline`}</span>
              </span>
            </NavLink>
          </li>
        ))}
      </ul>
      {more && (
        <Link
          to="/settings/notices"
          className={`px-4 py-2 text-sm text-quiet hover:underline ${folded ? "hidden" : "hidden xl:block"}`}
        >
          {t`All you follow`}
        </Link>
      )}
    </section>
  );
}

export function FollowedShelf() {
  const { shown, more } = useFollowed();
  if (shown.length === 0) return null;
  return (
    <section data-testid="home-followed" aria-label={t`Channels you follow`} className="pt-8 md:hidden">
      <h2 className="pb-3 text-lg font-semibold">{t`Channels you follow`}</h2>
      <ul className="divide-y rounded-md border">
        {shown.map(({ stream, live }) => (
          <li key={stream.id}>
            <Link to={`/${stream.username}`} className="flex items-center gap-3 px-3 py-2 hover:bg-hover">
              <Face stream={stream} live={live} />
              <span className="min-w-0 flex-1 truncate font-medium">{stream.display_name}</span>
              <span className="text-xs text-quiet">{live ? t`Live` : t`Offline`}</span>
            </Link>
          </li>
        ))}
      </ul>
      {more && (
        <Link to="/settings/notices" className="block pt-3 text-sm text-quiet hover:underline">
          {t`All you follow`}
        </Link>
      )}
    </section>
  );
}

function Face({ stream, live }: { stream: Stream; live: boolean }) {
  return (
    <span className="relative shrink-0">
      <span className={live ? "" : "opacity-60"}>
        <Avatar name={stream.display_name} src={stream.avatar_url} size={32} />
      </span>
      {live && (
        <span
          aria-hidden
          className="absolute -right-0.5 -bottom-0.5 size-3 rounded-full border-2 border-ground bg-live"
        />
      )}
    </span>
  );
}
