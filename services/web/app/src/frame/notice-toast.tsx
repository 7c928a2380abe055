/**
 * A word about a channel that went live now, in a corner that covers nothing one reads. It goes by itself, but not while it has the
 * pointer or the focus, and does not come for the channel that is being watched.
 */
import { t } from "@lingui/core/macro";
import { X } from "lucide-react";
import { useEffect, useState } from "react";
import { Link, useLocation } from "react-router";
import type { Notice } from "../api/contract";
import { sentenceOf } from "../live/notice-list";
import { Avatar } from "../ui/avatar";
import { IconButton } from "../ui/button";
import { givesFocusOn } from "../ui/focus";

const SHOWN_MS = 12_000;

export function NoticeToast({ notice, dismiss }: { notice: Notice | null; dismiss: () => void }) {
  const { pathname } = useLocation();
  const [held, setHeld] = useState(false);
  const here = pathname.slice(1).toLowerCase();
  const shown = notice && notice.username !== here ? notice : null;
  const id = shown?.broadcast_id;
  useEffect(() => {
    if (!id || held) return;
    const timer = setTimeout(dismiss, SHOWN_MS);
    return () => clearTimeout(timer);
  }, [id, held, dismiss]);
  useEffect(() => {
    if (!id) setHeld(false);
  }, [id]);
  return (
    // There before what it says, empty and not hidden, or screen readers miss the first one.
    <div
      role="status"
      aria-live="polite"
      data-testid="notice-toast"
      onPointerEnter={() => setHeld(true)}
      onPointerLeave={() => setHeld(false)}
      onFocus={() => setHeld(true)}
      onBlur={() => setHeld(false)}
      className="fixed right-3 bottom-3 z-50 w-[min(22rem,calc(100vw-1.5rem))]"
    >
      {shown && (
        <div className="flex items-center gap-3 rounded-md border bg-raised py-2 pr-1 pl-3">
          <Avatar name={shown.display_name} src={shown.avatar_url} size={32} />
          <Link to={`/${shown.username}`} onClick={dismiss} className="min-w-0 flex-1 rounded-sm text-sm">
            <span className="line-clamp-2 wrap-anywhere">{sentenceOf(shown)}</span>
            <span className="text-xs font-semibold text-action">{t`Watch`}</span>
          </Link>
          <IconButton ref={givesFocusOn} label={t`Close`} onClick={dismiss}>
            <X aria-hidden className="size-4" />
          </IconButton>
        </div>
      )}
    </div>
  );
}
