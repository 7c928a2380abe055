/** The channels that somebody follows: who is live first, then who is not. On top of the rail, and on home where there is no rail. */
import { t } from "@lingui/core/macro";
import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { Link, NavLink } from "react-router";
import type { Stream } from "../api/contract";
import { followed } from "../api/notices";
import { useCategoryName } from "../language/category-name";
import { keys, useDirectory } from "../live/use-live";
import { Avatar } from "../ui/avatar";
import { count, viewers } from "../ui/figures";
import { besides, byLiveness, type Known } from "./followed-order";

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
  return {
    shown: shown.slice(0, SHOWN),
    more: shown.length > SHOWN || Boolean(list.data?.next_cursor),
    live,
    /** False until there was an answer, or none: what is below keeps its place then. */
    isSettled: !list.isPending || list.failureCount > 0,
  };
}

export function FollowedRail({
  folded,
  children,
}: {
  folded: boolean;
  /** Who else is live; undefined while that is not known. */
  children: (others: Stream[] | undefined) => ReactNode;
}) {
  const { shown, more, live, isSettled } = useFollowed();
  if (!isSettled) return null;
  if (shown.length === 0) return children(live);
  const others = live && besides(shown, live);
  // Somebody is live, and followed; some of them are in no directory.
  const complete = others?.length === 0 && shown.some((known) => known.live);
  return (
    <>
      <section
        className={complete ? "" : "mb-3 border-b pb-3"}
        data-testid="rail-followed"
        aria-label={t`Channels you follow`}
      >
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
          {shown.map((known) => (
            <li key={known.stream.id}>
              <Entry {...known} folded={folded} />
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
      {!complete && children(others)}
    </>
  );
}

function Entry({ stream, live, folded }: Known & { folded: boolean }) {
  const category = useCategoryName(stream.category);
  const watching = stream.live?.viewers ?? 0;
  const { display_name: name, title } = stream;
  const wide = folded ? "hidden" : "hidden xl:block";
  const state = live ? t`Live` : t`Offline`;
  const detail = live && (category || title);
  return (
    <NavLink
      to={`/${stream.username}`}
      title={live && title ? `${name}: ${title}` : name}
      data-testid="followed-channel"
      data-live={live}
      className={({ isActive }) =>
        `flex items-center gap-3 px-4 py-2 hover:bg-hover focus-visible:outline-offset-[-2px] ${isActive ? "bg-hover" : ""}`
      }
    >
      <Face stream={stream} live={live} />
      {/* Folded, all that is seen is a face, and a dot on it. */}
      <span className={`sr-only ${folded ? "" : "xl:hidden"}`}>
        {[name, state, detail, live && viewers(watching)].filter(Boolean).join(", ")}
      </span>
      <span className={`min-w-0 flex-1 ${wide}`}>
        <span className={`block truncate text-sm ${live ? "font-medium" : "text-quiet"}`}>
          {name}
          {live && <span className="sr-only">, {state}</span>}
        </span>
        <span className="block truncate text-xs text-quiet">{detail || state}</span>
      </span>
      {live && <span className={`figures text-xs text-quiet ${wide}`}>{count(watching)}</span>}
    </NavLink>
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
