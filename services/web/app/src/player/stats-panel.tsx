/** Stats for nerds: what the player knows of itself, over the picture, once a second. Loaded when it is opened; nothing of it is read aloud unasked. */
import { t } from "@lingui/core/macro";
import { Check, Copy, TriangleAlert, X } from "lucide-react";
import { useEffect, useState } from "react";
import { useCopy } from "../ui/copy-button";
import { givesFocusOn } from "../ui/focus";
import type { PlayerEngine } from "./engine";
import { type Line, lines, type Reading, read } from "./stats";

const PACE_MS = 1_000;

export function StatsPanel({
  engine,
  video,
  broadcast,
  onClose,
}: {
  engine: PlayerEngine;
  video: HTMLVideoElement;
  broadcast: string | null;
  onClose: () => void;
}) {
  const [shown, setShown] = useState<Line[]>([]);
  const [became, copy] = useCopy();
  useEffect(() => {
    let before: Reading | null = null;
    const look = () => {
      const now = read(engine, video, broadcast, performance.now() / 1_000);
      setShown(lines(before, now));
      before = now;
    };
    look();
    const timer = setInterval(look, PACE_MS);
    return () => clearInterval(timer);
  }, [engine, video, broadcast]);
  const text = shown.map(({ name, value }) => `${name}: ${value}`).join("\n");
  return (
    <section
      aria-label={t`Stats for nerds`}
      data-testid="player-stats"
      className="absolute top-2 left-2 z-10 max-h-[calc(100%-4.5rem)] max-w-[calc(100%-1rem)] overflow-y-auto rounded-md border border-white/15 bg-black/85 text-xs sm:top-3 sm:left-3"
    >
      <div className="flex items-center gap-1 pt-1 pr-1 pl-3">
        <h2 className="mr-auto font-semibold">{t`Stats for nerds`}</h2>
        <span aria-live="polite" className="pl-3">
          {became === "copied" ? t`Copied` : became === "failed" ? t`Not copied` : ""}
        </span>
        <button
          type="button"
          data-testid="player-stats-copy"
          aria-label={t`Copy the stats`}
          title={t`Copy the stats`}
          onClick={() => copy(text)}
          className="inline-flex size-8 items-center justify-center rounded-sm hover:bg-white/15"
        >
          {became === "copied" ? (
            <Check aria-hidden className="size-4" />
          ) : became === "failed" ? (
            <TriangleAlert aria-hidden className="size-4" />
          ) : (
            <Copy aria-hidden className="size-4" />
          )}
        </button>
        <button
          ref={givesFocusOn}
          type="button"
          data-testid="player-stats-close"
          aria-label={t`Close the stats`}
          title={t`Close the stats`}
          onClick={onClose}
          className="inline-flex size-8 items-center justify-center rounded-sm hover:bg-white/15"
        >
          <X aria-hidden className="size-4" />
        </button>
      </div>
      <dl className="grid grid-cols-[auto_minmax(0,1fr)] gap-x-3 gap-y-0.5 px-3 pb-2.5 max-sm:text-[0.6875rem] max-sm:leading-[0.9375rem]">
        {shown.map(({ id, name, value }) => (
          <div key={id} className="col-span-2 grid grid-cols-subgrid">
            <dt className="text-white/70">{name}</dt>
            <dd className="figures wrap-anywhere" data-testid={`stat-${id}`}>
              {value}
            </dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
