/** The quality menu: auto with what it chose, the source, and the rungs below it. */
import { t } from "@lingui/core/macro";
import { Check, Settings } from "lucide-react";
import type { ReactNode } from "react";
import { MenuButton, type MenuItem } from "../ui/menu";
import type { PlayerEngine } from "./engine";
import { qualityLabel } from "./quality";
import type { PlayerSnapshot } from "./snapshot";

export function QualityMenu({
  engine,
  snapshot,
  container,
  onOpenChange,
}: {
  engine: PlayerEngine;
  snapshot: PlayerSnapshot;
  /** The player's frame: a menu outside it would be invisible in full screen. */
  container: HTMLElement | null;
  onOpenChange: (open: boolean) => void;
}) {
  const playing = snapshot.qualities.find((q) => q.index === snapshot.playing);
  const auto = (
    <>
      {t`Auto`}
      {snapshot.chosen === -1 && playing && (
        <span className="figures ml-auto pl-4 text-xs opacity-75">{qualityLabel(playing)}</span>
      )}
    </>
  );
  const choice = (index: number, label: ReactNode, text: string, testId: string): MenuItem => ({
    key: String(index),
    checked: snapshot.chosen === index,
    icon: <Mark shown={snapshot.chosen === index} />,
    label,
    text,
    testId,
    onSelect: () => engine.choose(index),
  });
  return (
    <MenuButton
      label={t`Quality`}
      title={t`Quality`}
      data-testid="quality-menu"
      data-playing={playing?.name}
      disabled={snapshot.qualities.length === 0}
      side="top"
      look="picture"
      container={container}
      onOpenChange={onOpenChange}
      items={[
        choice(-1, auto, t`Auto`, "quality-auto"),
        ...snapshot.qualities.map((q) =>
          choice(
            q.index,
            <span className="figures">{qualityLabel(q)}</span>,
            qualityLabel(q),
            `quality-${q.name}`,
          ),
        ),
      ]}
      className="inline-flex h-9 items-center gap-1.5 rounded-sm px-2 text-sm hover:bg-white/15 disabled:opacity-50"
    >
      <Settings aria-hidden className="size-5" />
      <span className="figures hidden sm:inline">
        {playing ? shortName(playing.name, playing.height) : ""}
      </span>
    </MenuButton>
  );
}

function Mark({ shown }: { shown: boolean }) {
  return <span className="inline-flex size-4">{shown && <Check aria-hidden className="size-4" />}</span>;
}

function shortName(name: string, height: number): string {
  return name === "source" && height ? `${height}p` : name;
}
