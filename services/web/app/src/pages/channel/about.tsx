/** What a channel says about itself, below the player: banner, bio, links, schedule and panels. Nothing, if it says nothing. */
import { t } from "@lingui/core/macro";
import { useQuery } from "@tanstack/react-query";
import { CalendarPlus, ChevronDown, ExternalLink } from "lucide-react";
import { useSyncExternalStore } from "react";
import { about, calendarOf, type Occurrence, type Panel, schedule } from "../../api/channels";
import type { Stream } from "../../api/contract";
import { categoryName } from "../../language/category-name";
import { languageName } from "../../ui/languages";
import { occasion } from "./occasion";

/** The chat is below the page here, not beside it (`--breakpoint-chat`). */
const query = matchMedia("(max-width: 1099px)");

function subscribe(changed: () => void): () => void {
  query.addEventListener("change", changed);
  return () => query.removeEventListener("change", changed);
}

/** Of the schedule; the calendar has all. */
const SHOWN = 5;
/** What others wrote leads elsewhere: no word of where somebody comes from, no vote for it, no hand on this page. */
const REL = "noopener noreferrer nofollow ugc";

export function ChannelAbout({ stream }: { stream: Stream }) {
  return (
    <>
      {stream.live?.test && (
        <p data-testid="watch-test" className="px-4 pb-3 text-sm text-quiet sm:px-6">
          {t`This is a test: only the channel's team sees it, to everybody else the channel is offline. The chat is open as always.`}
        </p>
      )}
      <Said stream={stream} />
    </>
  );
}

/** What its owner has written. */
function Said({ stream }: { stream: Stream }) {
  const { username } = stream;
  const narrow = useSyncExternalStore(subscribe, () => query.matches);
  const said = useQuery({
    queryKey: ["about", username],
    queryFn: ({ signal }) => about(username, signal),
    staleTime: 30_000,
  });
  const plan = useQuery({
    queryKey: ["schedule", username],
    queryFn: ({ signal }) => schedule(username, signal),
    staleTime: 30_000,
  });
  if (!said.data) return null;
  const { bio, links, panels, banner_url } = said.data;
  const next = plan.data?.items.slice(0, SHOWN) ?? [];
  const language = stream.language ? languageName(stream.language) : "";
  if (!bio && !banner_url && links.length + panels.length + next.length === 0) return null;
  const all = (
    <>
      {banner_url && (
        <img
          src={banner_url}
          alt=""
          data-testid="channel-banner"
          className="max-h-64 w-full rounded-md bg-raised object-cover"
        />
      )}
      <div className="flex flex-col gap-2">
        {!narrow && <h2 className="truncate text-base font-semibold">{t`About ${stream.display_name}`}</h2>}
        {bio && (
          <p data-testid="channel-bio" className="max-w-prose text-sm whitespace-pre-line wrap-anywhere">
            {bio}
          </p>
        )}
        {language && <p className="text-xs text-quiet">{t`Speaks ${language}`}</p>}
        {links.length > 0 && (
          <ul data-testid="channel-links" className="flex flex-wrap gap-x-4 gap-y-1 text-sm">
            {links.map((link) => (
              <li key={link.url + link.title} className="min-w-0">
                <a
                  href={link.url}
                  target="_blank"
                  rel={REL}
                  className="inline-flex max-w-full items-center gap-1.5 text-action hover:underline"
                >
                  <ExternalLink aria-hidden className="size-3.5 shrink-0" />
                  <span className="truncate">{link.title}</span>
                </a>
              </li>
            ))}
          </ul>
        )}
      </div>
      {next.length > 0 && <Schedule username={username} planned={next} />}
      {panels.length > 0 && (
        <ul
          data-testid="channel-panels"
          className="grid grid-cols-[repeat(auto-fill,minmax(min(100%,17rem),1fr))] gap-4"
        >
          {panels.map((panel, n) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: panels have no names, and come all at once
            <li key={n} className="flex flex-col gap-2">
              <ShownPanel panel={panel} />
            </li>
          ))}
        </ul>
      )}
    </>
  );
  // The chat comes next there: what is read once does not stand before it.
  if (narrow) {
    return (
      <details data-testid="channel-about" className="group border-t">
        <summary
          data-testid="channel-about-open"
          className="flex cursor-pointer list-none items-center justify-between px-4 py-3 text-sm font-medium sm:px-6"
        >
          <span className="truncate">{t`About ${stream.display_name}`}</span>
          <ChevronDown aria-hidden className="size-4 shrink-0 group-open:rotate-180" />
        </summary>
        <div className="flex flex-col gap-5 px-4 pb-5 sm:px-6">{all}</div>
      </details>
    );
  }
  return (
    <section
      aria-label={t`About ${stream.display_name}`}
      data-testid="channel-about"
      className="flex flex-col gap-5 border-t px-4 py-5 sm:px-6"
    >
      {all}
    </section>
  );
}

function Schedule({ username, planned }: { username: string; planned: Occurrence[] }) {
  return (
    <div data-testid="channel-schedule" className="flex flex-col gap-2">
      <div className="flex flex-wrap items-baseline gap-x-4">
        <h3 className="text-sm font-semibold">{t`Schedule`}</h3>
        <a
          href={calendarOf(username)}
          className="inline-flex items-center gap-1.5 text-xs text-quiet hover:underline"
        >
          <CalendarPlus aria-hidden className="size-3.5" />
          {t`Add to a calendar`}
        </a>
      </div>
      <ul className="flex flex-col gap-1 text-sm">
        {planned.map((o) => (
          <li key={o.id + o.starts_at} className="flex flex-wrap gap-x-3">
            <time dateTime={o.starts_at} className="figures text-quiet">
              {occasion(o.starts_at, o.ends_at)}
            </time>
            <span className="min-w-0 wrap-anywhere">
              {o.title}
              {o.category && <span className="text-quiet"> · {categoryName(o.category)}</span>}
            </span>
          </li>
        ))}
      </ul>
    </div>
  );
}

function ShownPanel({ panel }: { panel: Panel }) {
  const { title, picture_url: src } = panel;
  const picture = src && (
    <img
      src={src}
      alt={title || (panel.url ? new URL(panel.url).hostname : "")}
      width={panel.width ?? undefined}
      height={panel.height ?? undefined}
      loading="lazy"
      className="h-auto w-full rounded-md bg-raised"
    />
  );
  const leads = (inside: React.ReactNode) => (
    <a href={panel.url} target="_blank" rel={REL} className="text-action hover:underline">
      {inside}
    </a>
  );
  return (
    <>
      {title && (
        <h3 className="text-sm font-semibold wrap-anywhere">{panel.url && !src ? leads(title) : title}</h3>
      )}
      {picture && (panel.url ? leads(picture) : picture)}
      {panel.text && <p className="text-sm whitespace-pre-line wrap-anywhere">{panel.text}</p>}
      {panel.url && !title && !src && <p className="text-sm wrap-anywhere">{leads(panel.url)}</p>}
    </>
  );
}
