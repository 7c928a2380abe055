/** The quality menu: auto with what it chose, the source, and the rungs below it. */
import * as Menu from "@radix-ui/react-dropdown-menu";
import { Check, Settings } from "lucide-react";
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
  const item =
    "flex h-9 items-center gap-2 rounded-sm pr-4 pl-2 text-sm outline-none data-[highlighted]:bg-white/15 cursor-pointer";
  return (
    <Menu.Root modal={false} onOpenChange={onOpenChange}>
      <Menu.Trigger
        data-testid="quality-menu"
        data-playing={playing?.name}
        aria-label="Quality"
        title="Quality"
        disabled={snapshot.qualities.length === 0}
        className="inline-flex h-9 items-center gap-1.5 rounded-sm px-2 text-sm hover:bg-white/15 disabled:opacity-50"
      >
        <Settings aria-hidden className="size-5" />
        <span className="figures hidden sm:inline">
          {playing ? shortName(playing.name, playing.height) : ""}
        </span>
      </Menu.Trigger>
      <Menu.Portal container={container}>
        <Menu.Content
          side="top"
          align="end"
          sideOffset={8}
          collisionPadding={8}
          className="z-50 min-w-44 rounded-md border border-white/15 bg-black/90 p-1 text-white"
        >
          <Menu.RadioGroup
            value={String(snapshot.chosen)}
            onValueChange={(value) => engine.choose(Number(value))}
          >
            <Menu.RadioItem value="-1" className={item} data-testid="quality-auto">
              <Mark />
              Auto
              {snapshot.chosen === -1 && playing && (
                <span className="figures ml-auto pl-4 text-xs opacity-75">{qualityLabel(playing)}</span>
              )}
            </Menu.RadioItem>
            {snapshot.qualities.map((q) => (
              <Menu.RadioItem
                key={q.index}
                value={String(q.index)}
                className={item}
                data-testid={`quality-${q.name}`}
              >
                <Mark />
                <span className="figures">{qualityLabel(q)}</span>
              </Menu.RadioItem>
            ))}
          </Menu.RadioGroup>
        </Menu.Content>
      </Menu.Portal>
    </Menu.Root>
  );
}

function Mark() {
  return (
    <span className="inline-flex size-4">
      <Menu.ItemIndicator>
        <Check aria-hidden className="size-4" />
      </Menu.ItemIndicator>
    </span>
  );
}

function shortName(name: string, height: number): string {
  return name === "source" && height ? `${height}p` : name;
}
