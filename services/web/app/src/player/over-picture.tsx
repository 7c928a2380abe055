/**
 * What steers the picture and lies over it: the bar, captions, stats, what the system is told, another screen. Loaded behind the first
 * picture; before it there is nothing to steer.
 */
import { type Ref, Suspense, useEffect, useState } from "react";
import { lazily } from "../language/lazily";
import { CaptionLines } from "./caption-lines";
import { Controls } from "./controls";
import type { PlayerEngine } from "./engine";
import type { Playing } from "./media-session";
import { chooseScreen, watchScreens } from "./remote";
import type { PlayerSnapshot } from "./snapshot";
import { useMediaSession } from "./use-media-session";
import type { Theatre } from "./use-theatre";

const StatsPanel = lazily(async () => (await import("./stats-panel")).StatsPanel, ["rest"]);

export interface OverPictureProps {
  engine: PlayerEngine;
  video: HTMLVideoElement;
  snapshot: PlayerSnapshot;
  /** What the system is told; null: nothing. */
  playing: Playing | null;
  broadcast: string | null;
  barRef: Ref<HTMLDivElement>;
  barShown: boolean;
  statsShown: boolean;
  frame: HTMLElement | null;
  fullscreen: boolean;
  live: boolean;
  keysWork: boolean;
  theatre: Theatre;
  onFullscreen: () => void;
  onPopout: (() => void) | null;
  onPip: (() => void) | null;
  onMenu: (open: boolean) => void;
  onKeys: () => void;
  onStats: () => void;
  onDrag: () => void;
}

export function OverPicture({
  video,
  playing,
  broadcast,
  barRef,
  barShown,
  statsShown,
  ...bar
}: OverPictureProps) {
  const { engine, snapshot, onStats } = bar;
  const screens = useScreens(video);
  useMediaSession(engine, playing, snapshot.phase);
  return (
    <>
      {snapshot.captions === "on" && (
        <CaptionLines captions={engine.captions} video={video} raised={barShown} />
      )}
      {statsShown && (
        <Suspense>
          <StatsPanel engine={engine} video={video} broadcast={broadcast} onClose={onStats} />
        </Suspense>
      )}
      <div
        ref={barRef}
        data-bar
        className={`absolute inset-x-0 bottom-0 transition-opacity has-focus-visible:opacity-100 ${
          barShown ? "opacity-100" : "pointer-events-none opacity-0"
        }`}
      >
        <Controls {...bar} onScreen={screens ? () => chooseScreen(video) : null} />
      </div>
    </>
  );
}

function useScreens(video: HTMLVideoElement): boolean {
  const [there, setThere] = useState(false);
  useEffect(() => watchScreens(video, setThere), [video]);
  return there;
}
