/**
 * What steers the picture and lies over it: the bar, captions, stats, what the system is told, other screens and windows. Loaded behind the first
 * picture; before it there is nothing to steer.
 */
import { type Ref, Suspense, useEffect, useState } from "react";
import type { Stream } from "../api/contract";
import { lazily } from "../language/lazily";
import { titleOf } from "../ui/channel-title";
import { CaptionLines } from "./caption-lines";
import { Controls } from "./controls";
import type { PlayerEngine } from "./engine";
import { chooseScreen, watchScreens } from "./remote";
import type { PlayerSnapshot } from "./snapshot";
import { useMediaSession } from "./use-media-session";
import type { Theatre } from "./use-theatre";

const StatsPanel = lazily(async () => (await import("./stats-panel")).StatsPanel, ["rest"]);

export interface OverPictureProps {
  engine: PlayerEngine;
  video: HTMLVideoElement;
  snapshot: PlayerSnapshot;
  stream: Stream;
  /** The broadcaster's own picture, of which the system is not told. */
  preview: boolean;
  /** Whether it can go into a window of its own. */
  popout: boolean;
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
  onMenu: (open: boolean) => void;
  onKeys: () => void;
  onStats: () => void;
  onDrag: () => void;
}

export function OverPicture({
  video,
  stream,
  preview,
  popout,
  broadcast,
  barRef,
  barShown,
  statsShown,
  ...bar
}: OverPictureProps) {
  const { engine, snapshot, onStats } = bar;
  const screens = useScreens(video);
  useMediaSession(engine, preview ? null : playingOf(stream), snapshot.phase);
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
        <Controls
          {...bar}
          renditions={stream.live?.renditions ?? []}
          onPopout={popout ? () => popOut(stream, video, engine) : null}
          onPip={document.pictureInPictureEnabled ? () => togglePip(video) : null}
          onScreen={screens ? () => chooseScreen(video) : null}
        />
      </div>
    </>
  );
}

/** What the system is told. Of a mature channel it gets no picture of what is on. */
function playingOf(stream: Stream) {
  const still = stream.mature ? null : stream.live?.still_url;
  return { title: titleOf(stream), artist: stream.display_name, pictures: [stream.avatar_url, still] };
}

function togglePip(video: HTMLVideoElement): void {
  if (document.pictureInPictureElement) void document.exitPictureInPicture();
  else void video.requestPictureInPicture().catch(() => {});
}

/** A window of its own plays on, and this player pauses. */
function popOut({ username }: Stream, video: HTMLVideoElement, engine: PlayerEngine): void {
  const opened = window.open(
    `/popout/${username}/player`,
    `player-${username}`,
    "popup,width=960,height=540",
  );
  if (opened && !video.paused) engine.togglePlay();
}

function useScreens(video: HTMLVideoElement): boolean {
  const [there, setThere] = useState(false);
  useEffect(() => watchScreens(video, setThere), [video]);
  return there;
}
