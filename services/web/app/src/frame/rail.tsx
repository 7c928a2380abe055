/** Whom one follows, then who else is live now, at the left of wide pages; folded to faces beside the player. */
import { t } from "@lingui/core/macro";
import { Suspense } from "react";
import { NavLink } from "react-router";
import type { Stream } from "../api/contract";
import { useSession } from "../auth/use-session";
import { useCategoryName } from "../language/category-name";
import { lazily } from "../language/lazily";
import { useDirectory } from "../live/use-live";
import { Avatar } from "../ui/avatar";
import { titleOf } from "../ui/channel-title";
import { count, viewers } from "../ui/figures";

/** More do not fit a rail; home has all. */
const SHOWN = 12;

/** Only who is signed in follows. */
const FollowedRail = lazily(async () => (await import("./followed")).FollowedRail, ["rest"]);

export function Rail({ folded }: { folded: boolean }) {
  const { data } = useDirectory();
  const { status } = useSession();
  const liveNow = (streams: Stream[] | undefined) => <LiveNow streams={streams} folded={folded} />;
  return (
    <nav
      aria-label={t`Channels`}
      className={`sticky top-14 hidden h-[calc(100dvh-3.5rem-var(--above,0px))] shrink-0 overflow-y-auto border-r py-3 not-in-data-theatre:md:block ${folded ? "w-16" : "w-16 xl:w-60"}`}
    >
      {status === "out" && liveNow(data)}
      {status === "in" && (
        <Suspense>
          <FollowedRail folded={folded}>{liveNow}</FollowedRail>
        </Suspense>
      )}
    </nav>
  );
}

function LiveNow({ streams, folded }: { streams: Stream[] | undefined; folded: boolean }) {
  return (
    <>
      <h2
        className={`px-4 pb-2 text-xs font-semibold text-quiet ${folded ? "sr-only" : "sr-only xl:not-sr-only xl:px-4 xl:pb-2"}`}
      >
        {t`Live now`}
      </h2>
      {streams?.length === 0 && (
        <p className={`px-4 text-sm text-quiet ${folded ? "hidden" : "hidden xl:block"}`}>{t`Nobody yet.`}</p>
      )}
      <ul>
        {streams?.slice(0, SHOWN).map((stream) => (
          <li key={stream.id}>
            <Entry stream={stream} folded={folded} />
          </li>
        ))}
      </ul>
    </>
  );
}

function Entry({ stream, folded }: { stream: Stream; folded: boolean }) {
  const watching = stream.live?.viewers ?? 0;
  const category = useCategoryName(stream.category);
  return (
    <NavLink
      to={`/${stream.username}`}
      title={stream.title ? `${stream.display_name}: ${stream.title}` : titleOf(stream)}
      className={({ isActive }) =>
        `flex items-center gap-3 px-4 py-2 hover:bg-hover focus-visible:outline-offset-[-2px] ${isActive ? "bg-hover" : ""}`
      }
    >
      <Avatar name={stream.display_name} src={stream.avatar_url} size={32} />
      <span className={`min-w-0 flex-1 ${folded ? "hidden" : "hidden xl:block"}`}>
        <span className="block truncate text-sm font-medium">{stream.display_name}</span>
        <span className="block truncate text-xs text-quiet">{category || stream.title}</span>
      </span>
      <span
        className={`figures flex items-center gap-1.5 text-xs text-quiet ${folded ? "hidden" : "hidden xl:flex"}`}
      >
        <span aria-hidden className="size-2 rounded-full bg-live" />
        <span aria-hidden>{count(watching)}</span>
        <span className="sr-only">{viewers(watching)}</span>
      </span>
    </NavLink>
  );
}
