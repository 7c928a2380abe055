/** The player's settings: quality (auto with what it chose, the source, the rungs below it), how close to live, and the way to the stats. */
import { t } from "@lingui/core/macro";
import { Activity, Settings } from "lucide-react";
import type { ReactNode } from "react";
import { MenuButton, type MenuItem, Tick } from "../ui/menu";
import type { PlayerEngine } from "./engine";
import type { LatencyChoice } from "./latency";
import { linesOf, type Quality, qualityLabel, type Sized } from "./quality";
import type { PlayerSnapshot } from "./snapshot";

export function SettingsMenu({
  engine,
  snapshot,
  renditions,
  container,
  onOpenChange,
  onStats,
}: {
  engine: PlayerEngine;
  snapshot: PlayerSnapshot;
  /** The broadcast's, as they are now. */
  renditions: readonly Sized[];
  /** The player's frame: a menu outside it would be invisible in full screen. */
  container: HTMLElement | null;
  onOpenChange: (open: boolean) => void;
  onStats: () => void;
}) {
  const playing = snapshot.qualities.find((q) => q.index === snapshot.playing);
  const capped = snapshot.qualities.find((q) => q.index === snapshot.capped);
  const named = (quality: Quality) => qualityLabel(quality, renditions);
  const most = capped && named(capped);
  /** What becomes of a choice: which rung it is, or that none above one is to be had. */
  const becomes = (index: number) => {
    if (snapshot.chosen !== index) return null;
    const text = most ? t`at most ${most} for now` : index === -1 && playing && named(playing);
    return text && <span className="figures ml-auto pl-4 text-xs opacity-75">{text}</span>;
  };
  const quality = (index: number, label: ReactNode, text: string, testId: string): MenuItem => ({
    key: String(index),
    checked: snapshot.chosen === index,
    icon: <Tick shown={snapshot.chosen === index} />,
    label: (
      <>
        {label}
        {becomes(index)}
      </>
    ),
    text,
    testId,
    onSelect: () => engine.choose(index),
  });
  const latency = (choice: LatencyChoice, label: string): MenuItem => ({
    key: choice,
    checked: snapshot.latency === choice,
    icon: <Tick shown={snapshot.latency === choice} />,
    label,
    testId: `latency-${choice}`,
    onSelect: () => engine.keepLatency(choice),
  });
  const plays = playing ? shortName(playing.name, linesOf(playing, renditions)) : "";
  // A browser that plays the list itself chooses both itself.
  const ours = snapshot.qualities.length > 0;
  return (
    <MenuButton
      label={plays ? t`Settings, ${plays}` : t`Settings`}
      menuLabel={t`Settings`}
      title={t`Settings`}
      data-testid="quality-menu"
      data-playing={playing?.name}
      side="top"
      look="picture"
      container={container}
      onOpenChange={onOpenChange}
      items={[
        ...(ours
          ? [
              { ...quality(-1, t`Auto`, t`Auto`, "quality-auto"), heading: t`Quality` },
              ...snapshot.qualities.map((q) =>
                quality(q.index, <span className="figures">{named(q)}</span>, named(q), `quality-${q.name}`),
              ),
              { ...latency("low", t`As live as possible`), heading: t`Delay` },
              latency("smooth", t`Smooth, 3 s later`),
            ]
          : []),
        {
          key: "stats",
          divided: ours,
          icon: <Activity aria-hidden className="size-4" />,
          label: t`Stats for nerds`,
          testId: "player-stats-open",
          onSelect: onStats,
        },
      ]}
      className="inline-flex h-9 items-center gap-1.5 rounded-sm px-2 text-sm hover:bg-white/15"
    >
      <Settings aria-hidden className="size-5" />
      <span className="figures hidden sm:inline">{plays}</span>
    </MenuButton>
  );
}

function shortName(name: string, height: number): string {
  return name === "source" && height ? `${height}p` : name;
}
