/**
 * One channel in a list: a still of what is on air, and while there is none the channel's own hue and letter. Of a mature channel the still
 * is blurred until somebody chooses to see such pictures.
 */
import { t } from "@lingui/core/macro";
import { Link } from "react-router";
import type { Stream } from "../api/contract";
import { useCategoryName } from "../language/category-name";
import { preloadHls } from "../player/hls-loader";
import { Avatar } from "./avatar";
import { titleOf } from "./channel-title";
import { viewers } from "./figures";
import { coverOf } from "./hue";
import { LiveBadge } from "./live-badge";
import { showMaturePictures, useMaturePictures } from "./mature-pictures";
import { Still } from "./still";
import { Uptime } from "./uptime";

interface Props {
  stream: Stream;
  /** What a channel is that is not live: one that has just ended, or one that is not expected to be. */
  offline?: "ended" | "said";
  /** Among those that are seen first. */
  early?: boolean;
}

export function StreamCard({ stream, offline = "ended", early = false }: Props) {
  const best = stream.live?.renditions.find((r) => r.name === "source") ?? stream.live?.renditions[0];
  const still = stream.live?.still_url;
  const category = useCategoryName(stream.category);
  const blurred = !useMaturePictures() && stream.mature === true;
  // Who points at a channel is about to watch it.
  const about = stream.live ? preloadHls : undefined;
  const card = (
    <Link
      to={`/${stream.username}`}
      onPointerEnter={about}
      onFocus={about}
      data-testid={`card-${stream.username}`}
      className="group block rounded-md"
    >
      <div
        className="relative aspect-video overflow-hidden rounded-md border"
        style={{ background: coverOf(stream.username) }}
      >
        <span
          aria-hidden
          className="absolute inset-0 flex items-center justify-center text-[5rem] font-semibold text-white/20 transition-transform group-hover:scale-105"
        >
          {(stream.display_name[0] ?? "?").toUpperCase()}
        </span>
        {still && <Still url={still} blurred={blurred} early={early} testId={`still-${stream.username}`} />}
        <span className="absolute top-2 left-2 flex gap-1.5">
          {(stream.live || offline !== "said") && (
            <LiveBadge state={stream.state === "offline" ? "ended" : stream.state} />
          )}
          {stream.mature && <Tag>{t`Mature`}</Tag>}
        </span>
        {stream.live || offline !== "said" ? (
          <>
            <span className="figures absolute bottom-2 left-2 rounded-[4px] bg-black/70 px-1.5 py-0.5 text-xs text-white">
              <span data-testid="card-viewers">{viewers(stream.live?.viewers ?? 0)}</span>
            </span>
            <span className="figures absolute right-2 bottom-2 rounded-[4px] bg-black/70 px-1.5 py-0.5 text-xs text-white">
              {best && `${best.height}p · `}
              {stream.live && <Uptime since={stream.live.started_at} />}
            </span>
          </>
        ) : (
          <span className="absolute bottom-2 left-2">
            <Tag>{t`Offline`}</Tag>
          </span>
        )}
      </div>
      <div className="flex gap-3 pt-3">
        <Avatar name={stream.display_name} src={stream.avatar_url} />
        <div className="min-w-0">
          <p className="line-clamp-2 font-medium wrap-anywhere group-hover:text-action">{titleOf(stream)}</p>
          <p className="truncate pt-0.5 text-quiet">{stream.display_name}</p>
          {(category || stream.tags.length > 0) && (
            <p className="truncate text-xs text-quiet">
              {[category, ...stream.tags].filter(Boolean).join(" · ")}
            </p>
          )}
        </div>
      </div>
    </Link>
  );
  if (!still || !blurred) return card;
  // Beside the link: a button within one is neither.
  return (
    <div className="relative">
      {card}
      <button
        type="button"
        data-testid={`unblur-${stream.username}`}
        onClick={showMaturePictures}
        className="absolute top-2 right-2 inline-flex h-6 items-center rounded-[4px] bg-black/70 px-2 text-xs text-white hover:bg-black"
      >
        {t`Show mature pictures`}
      </button>
    </div>
  );
}

function Tag({ children }: { children: string }) {
  return (
    <span className="inline-flex h-5 items-center rounded-[4px] bg-black/70 px-1.5 text-xs text-white">
      {children}
    </span>
  );
}

export function StreamCardSkeleton() {
  return (
    <div aria-hidden>
      <div className="aspect-video rounded-md bg-raised" />
      <div className="flex gap-3 pt-3">
        <div className="size-9 rounded-full bg-raised" />
        <div className="flex-1">
          <div className="h-4 w-4/5 rounded-sm bg-raised" />
          <div className="mt-2 h-3 w-2/5 rounded-sm bg-raised" />
        </div>
      </div>
    </div>
  );
}
