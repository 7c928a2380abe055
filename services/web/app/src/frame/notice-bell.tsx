/** The bell in the top bar: how many channels went live unseen, which ones in a panel below it, and a word when one does so now. */
import { t } from "@lingui/core/macro";
import { Bell, BellOff, Settings } from "lucide-react";
import { type RefObject, useEffect, useId, useRef, useState } from "react";
import { Link, useLocation } from "react-router";
import type { Notice, User } from "../api/contract";
import type { NoticeList } from "../api/notices";
import { sentence } from "../api/problem";
import { isNews } from "../live/notice-list";
import { useNotices } from "../live/use-notices";
import { Avatar } from "../ui/avatar";
import { ago } from "../ui/figures";
import { useNow } from "../ui/use-now";
import { NoticeToast } from "./notice-toast";

export function NoticeBell({ user }: { user: User }) {
  const { query, list, unread, on, fresh, dismiss, see } = useNotices(user.id);
  const [open, setOpen] = useState(false);
  // What was news when the panel was opened stays marked while it is open.
  const [seen, setSeen] = useState<string | null>(null);
  const button = useRef<HTMLButtonElement>(null);
  const id = useId();
  const { pathname } = useLocation();
  // biome-ignore lint/correctness/useExhaustiveDependencies: closes when the page changes
  useEffect(() => setOpen(false), [pathname]);
  const toggle = () => {
    if (!open) {
      setSeen(list?.seen_at ?? null);
      if (unread > 0) see();
      dismiss();
    }
    setOpen(!open);
  };
  const close = (focus: boolean) => {
    setOpen(false);
    if (focus) button.current?.focus();
  };
  const label = unread === 0 ? t`Notices` : t`Notices, ${unread} new`;
  return (
    <>
      <button
        ref={button}
        type="button"
        aria-label={label}
        title={label}
        aria-expanded={open}
        aria-controls={open ? id : undefined}
        data-testid="notice-bell"
        onClick={toggle}
        className="relative inline-flex size-9 shrink-0 items-center justify-center rounded-sm hover:bg-hover"
      >
        {on ? <Bell aria-hidden className="size-5" /> : <BellOff aria-hidden className="size-5 text-quiet" />}
        {unread > 0 && (
          <span
            aria-hidden
            data-testid="notice-unread"
            className="figures absolute top-0.5 right-0.5 inline-flex h-4 min-w-4 items-center justify-center rounded-full bg-live-fill px-1 text-[0.625rem] font-semibold text-white"
          >
            {unread > 9 ? "9+" : unread}
          </span>
        )}
      </button>
      {open && (
        <Panel id={id} anchor={button} list={list} error={query.error} on={on} seen={seen} close={close} />
      )}
      <NoticeToast notice={open ? null : fresh} dismiss={dismiss} />
    </>
  );
}

function Panel({
  id,
  anchor,
  list,
  error,
  on,
  seen,
  close,
}: {
  id: string;
  anchor: RefObject<HTMLButtonElement | null>;
  list: NoticeList | undefined;
  error: Error | null;
  on: boolean;
  seen: string | null;
  close: (focus: boolean) => void;
}) {
  const panel = useRef<HTMLDivElement>(null);
  const latest = useRef(close);
  useEffect(() => {
    latest.current = close;
  });
  useEffect(() => {
    panel.current?.focus();
    const outside = (event: PointerEvent) => {
      const target = event.target as Node;
      if (!panel.current?.contains(target) && !anchor.current?.contains(target)) latest.current(false);
    };
    document.addEventListener("pointerdown", outside);
    return () => document.removeEventListener("pointerdown", outside);
  }, [anchor]);
  return (
    <div
      ref={panel}
      id={id}
      role="dialog"
      aria-label={t`Notices`}
      tabIndex={-1}
      data-testid="notice-panel"
      onKeyDown={(event) => {
        if (event.key !== "Escape") return;
        event.stopPropagation();
        close(true);
      }}
      onBlur={(event) => {
        const to = event.relatedTarget as Node | null;
        if (to && !panel.current?.contains(to) && to !== anchor.current) close(false);
      }}
      className="fixed top-[3.75rem] right-2 z-50 flex max-h-[min(32rem,80dvh)] w-[min(22rem,calc(100vw-1rem))] flex-col rounded-md border bg-raised outline-none"
    >
      <div className="flex items-center justify-between border-b py-1 pr-1 pl-4">
        <h2 className="text-sm font-semibold">{t`Notices`}</h2>
        <Link
          to="/settings/notices"
          aria-label={t`Notice settings`}
          title={t`Notice settings`}
          data-testid="notice-panel-settings"
          className="inline-flex size-9 items-center justify-center rounded-sm hover:bg-hover"
        >
          <Settings aria-hidden className="size-4" />
        </Link>
      </div>
      {!on && (
        <p className="border-b px-4 py-2 text-xs text-quiet">
          {t`Notices in the page are off: who goes live is only listed here.`}
        </p>
      )}
      {error && !list && (
        <p role="alert" className="px-4 py-6 text-sm text-quiet">
          {sentence(error)}
        </p>
      )}
      {list?.items.length === 0 && (
        <p className="px-4 py-8 text-center text-sm text-quiet text-pretty">
          {t`Nothing yet. When a channel that you follow goes live, it stands here.`}
        </p>
      )}
      <ul className="overflow-y-auto overscroll-contain py-1 empty:hidden">
        {list?.items.map((notice) => (
          <Entry key={notice.broadcast_id} notice={notice} news={on && isNews(notice, seen)} />
        ))}
      </ul>
    </div>
  );
}

function Entry({ notice, news }: { notice: Notice; news: boolean }) {
  const now = useNow(30_000);
  const live = notice.ended_at === null;
  const name = notice.display_name;
  const began = ago(notice.started_at, now);
  return (
    <li>
      <Link
        to={`/${notice.username}`}
        data-testid="notice"
        className="flex items-center gap-3 px-4 py-2.5 hover:bg-hover focus-visible:outline-offset-[-2px]"
      >
        <Avatar name={notice.display_name} src={notice.avatar_url} size={36} />
        <span className="min-w-0 flex-1">
          <span className={`block truncate text-sm ${news ? "font-semibold" : ""}`}>
            {live ? t`${name} is live` : t`${name} was live`}
            {news && <span className="sr-only"> {t`(new)`}</span>}
          </span>
          {notice.title && <span className="block truncate text-xs text-quiet">{notice.title}</span>}
          <span className="flex items-center gap-1.5 text-xs text-quiet">
            {live && <span aria-hidden className="size-2 rounded-full bg-live" />}
            {live ? t`Began ${began}` : began}
          </span>
        </span>
        {news && <span aria-hidden className="size-2 shrink-0 rounded-full bg-action" />}
      </Link>
    </li>
  );
}
