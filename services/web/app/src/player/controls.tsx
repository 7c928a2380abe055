/**
 * The player's bar: play, sound, "Live" with the way back to it, quality, picture in picture, full screen.
 * Our own rather than a control library's: latency, live edge and rendition names are this app's, and a few buttons cost
 * less than the kilobytes of a general set.
 */
import { Maximize, Minimize, Pause, PictureInPicture2, Play, Volume1, Volume2, VolumeX } from "lucide-react";
import type { ReactNode } from "react";
import type { PlayerEngine } from "./engine";
import { QualityMenu } from "./quality-menu";
import type { PlayerSnapshot } from "./snapshot";

export function Controls({
  engine,
  snapshot,
  frame,
  fullscreen,
  live,
  onFullscreen,
  onPip,
  onMenu,
}: {
  engine: PlayerEngine;
  snapshot: PlayerSnapshot;
  frame: HTMLElement | null;
  fullscreen: boolean;
  live: boolean;
  onFullscreen: () => void;
  onPip: (() => void) | null;
  onMenu: (open: boolean) => void;
}) {
  const paused = snapshot.phase === "paused" || snapshot.needsClick;
  const silent = snapshot.muted || snapshot.volume === 0;
  const Speaker = silent ? VolumeX : snapshot.volume < 0.5 ? Volume1 : Volume2;
  return (
    <div className="flex items-center gap-1 bg-linear-to-t from-black/85 to-transparent px-2 pt-10 pb-2 text-white sm:px-3">
      <Knob
        label={paused ? "Play (k)" : "Pause (k)"}
        testId="player-play"
        onClick={() => engine.togglePlay()}
      >
        {paused ? <Play aria-hidden className="size-5" /> : <Pause aria-hidden className="size-5" />}
      </Knob>
      <Knob
        label={silent ? "Unmute (m)" : "Mute (m)"}
        testId="player-mute"
        onClick={() => engine.sound.setMuted(!snapshot.muted)}
      >
        <Speaker aria-hidden className="size-5" />
      </Knob>
      <input
        type="range"
        min={0}
        max={1}
        step={0.05}
        aria-label="Volume"
        data-testid="player-volume"
        value={snapshot.muted ? 0 : snapshot.volume}
        onChange={(event) => engine.sound.setVolume(Number(event.target.value))}
        className="hidden w-20 accent-white sm:block"
      />
      {live && <LiveKnob engine={engine} behind={snapshot.behind} />}
      <span className="flex-1" />
      <QualityMenu engine={engine} snapshot={snapshot} container={frame} onOpenChange={onMenu} />
      {onPip && (
        <Knob label="Picture in picture" testId="player-pip" onClick={onPip}>
          <PictureInPicture2 aria-hidden className="size-5" />
        </Knob>
      )}
      <Knob
        label={fullscreen ? "Leave full screen (f)" : "Full screen (f)"}
        testId="player-fullscreen"
        onClick={onFullscreen}
      >
        {fullscreen ? (
          <Minimize aria-hidden className="size-5" />
        ) : (
          <Maximize aria-hidden className="size-5" />
        )}
      </Knob>
    </div>
  );
}

function LiveKnob({ engine, behind }: { engine: PlayerEngine; behind: number }) {
  if (behind === 0) {
    return (
      <span
        data-testid="player-live"
        data-behind="0"
        className="ml-1 inline-flex h-9 items-center gap-2 px-2 text-sm"
      >
        <span aria-hidden className="size-2 rounded-full bg-live-picture" />
        Live
      </span>
    );
  }
  return (
    <button
      type="button"
      data-testid="player-live"
      data-behind={behind}
      onClick={() => engine.jumpToLive()}
      className="figures ml-1 inline-flex h-9 items-center gap-2 rounded-sm px-2 text-sm hover:bg-white/15"
    >
      <span aria-hidden className="size-2 rounded-full bg-white/60" />
      Go to live
      <span className="opacity-75">−{behind} s</span>
    </button>
  );
}

function Knob({
  label,
  testId,
  onClick,
  children,
}: {
  label: string;
  testId: string;
  onClick: () => void;
  children: ReactNode;
}) {
  return (
    <button
      type="button"
      aria-label={label}
      title={label}
      data-testid={testId}
      onClick={onClick}
      className="inline-flex size-9 items-center justify-center rounded-sm hover:bg-white/15"
    >
      {children}
    </button>
  );
}
