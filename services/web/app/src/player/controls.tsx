/**
 * The player's bar: the time bar, play, ten seconds back, sound, "Live" with the way back to it, captions, settings, keys, own window,
 * picture in picture, another screen, theatre, full screen. Our own rather than a control library's: ADR 0040.
 */
import { t } from "@lingui/core/macro";
import {
  Airplay,
  Captions,
  CaptionsOff,
  Keyboard,
  Maximize,
  Minimize,
  Pause,
  PictureInPicture2,
  Play,
  RectangleHorizontal,
  SquareArrowOutUpRight,
  Volume1,
  Volume2,
  VolumeX,
} from "lucide-react";
import type { ReactNode } from "react";
import { givesFocusOn } from "../ui/focus";
import type { PlayerEngine } from "./engine";
import { STEP } from "./keys";
import type { Sized } from "./quality";
import { behindClock } from "./rewind";
import { LEAST_DEPTH, SeekBar } from "./seek-bar";
import { SettingsMenu } from "./settings-menu";
import type { PlayerSnapshot } from "./snapshot";
import type { Theatre } from "./use-theatre";

export function Controls({
  engine,
  snapshot,
  renditions,
  frame,
  fullscreen,
  live,
  keysWork,
  theatre,
  onFullscreen,
  onPopout,
  onPip,
  onScreen,
  onMenu,
  onKeys,
  onStats,
  onDrag,
}: {
  engine: PlayerEngine;
  snapshot: PlayerSnapshot;
  /** The broadcast's, as they are now. */
  renditions: readonly Sized[];
  frame: HTMLElement | null;
  fullscreen: boolean;
  live: boolean;
  /** Whether the page's keys steer this player. */
  keysWork: boolean;
  theatre: Theatre;
  onFullscreen: () => void;
  /** Into a window of its own. */
  onPopout: (() => void) | null;
  onPip: (() => void) | null;
  /** To another screen. */
  onScreen: (() => void) | null;
  onMenu: (open: boolean) => void;
  onKeys: () => void;
  onStats: () => void;
  onDrag: () => void;
}) {
  const paused = snapshot.phase === "paused" || snapshot.needsClick;
  const silent = snapshot.muted || snapshot.volume === 0;
  const Speaker = silent ? VolumeX : snapshot.volume < 0.5 ? Volume1 : Volume2;
  const key = (name: string) => (keysWork ? ` (${name})` : "");
  const back = STEP.large;
  const rewinds = snapshot.depth >= LEAST_DEPTH;
  return (
    <div className="bg-linear-to-t from-black/85 via-black/55 to-transparent px-2 pt-10 pb-1.5 text-white sm:px-3">
      {rewinds && (
        <SeekBar
          engine={engine}
          running={live}
          behind={snapshot.behind}
          depth={snapshot.depth}
          onDrag={onDrag}
        />
      )}
      <div className="flex items-center gap-0.5 sm:gap-1">
        <Knob
          label={`${paused ? t`Play` : t`Pause`}${key("k")}`}
          testId="player-play"
          onClick={() => engine.togglePlay()}
        >
          {paused ? <Play aria-hidden className="size-5" /> : <Pause aria-hidden className="size-5" />}
        </Knob>
        {rewinds && (
          <Knob
            label={`${t`Back ${back} s`}${key("j")}`}
            testId="player-back"
            onClick={() => engine.skip(-STEP.large)}
          >
            <Turn seconds={STEP.large} />
          </Knob>
        )}
        <Knob
          label={`${silent ? t`Unmute` : t`Mute`}${key("m")}`}
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
          aria-label={t`Volume`}
          data-testid="player-volume"
          value={snapshot.muted ? 0 : snapshot.volume}
          onChange={(event) => engine.sound.setVolume(Number(event.target.value))}
          className="hidden w-20 accent-white sm:block"
        />
        {(live || snapshot.behind > 0) && <LiveKnob engine={engine} behind={snapshot.behind} />}
        <span className="flex-1" />
        {snapshot.captions !== "none" && (
          <Knob
            label={`${t`Captions`}${key("c")}`}
            testId="player-captions"
            pressed={snapshot.captions === "on"}
            onClick={() => engine.captions.toggle()}
          >
            {snapshot.captions === "on" ? (
              <Captions aria-hidden className="size-5" />
            ) : (
              <CaptionsOff aria-hidden className="size-5" />
            )}
          </Knob>
        )}
        <SettingsMenu
          engine={engine}
          snapshot={snapshot}
          renditions={renditions}
          container={frame}
          onOpenChange={onMenu}
          onStats={onStats}
        />
        {keysWork && (
          <span className="hidden sm:pointer-fine:inline-flex">
            <Knob label={t`Keys (?)`} testId="player-keys-open" onClick={onKeys}>
              <Keyboard aria-hidden className="size-5" />
            </Knob>
          </span>
        )}
        {onPopout && (
          <span className="hidden sm:pointer-fine:inline-flex">
            <Knob label={t`Player in its own window`} testId="player-popout" onClick={onPopout}>
              <SquareArrowOutUpRight aria-hidden className="size-5" />
            </Knob>
          </span>
        )}
        {onPip && (
          // A narrow phone has room for it or for captions, the narrowest for neither.
          <span
            className={
              snapshot.captions === "none" ? "contents max-[339px]:hidden" : "contents max-[399px]:hidden"
            }
          >
            <Knob label={t`Picture in picture`} testId="player-pip" onClick={onPip}>
              <PictureInPicture2 aria-hidden className="size-5" />
            </Knob>
          </span>
        )}
        {onScreen && (
          <Knob label={t`On another screen`} testId="player-screen" onClick={onScreen}>
            <Airplay aria-hidden className="size-5" />
          </Knob>
        )}
        {theatre.toggle && !fullscreen && (
          <Knob
            label={`${t`Theatre mode`}${key("t")}`}
            testId="player-theatre"
            pressed={theatre.on}
            onClick={theatre.toggle}
          >
            <RectangleHorizontal aria-hidden className={`size-5 ${theatre.on ? "fill-white/35" : ""}`} />
          </Knob>
        )}
        <Knob
          label={`${fullscreen ? t`Leave full screen` : t`Full screen`}${key("f")}`}
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
    </div>
  );
}

function LiveKnob({ engine, behind }: { engine: PlayerEngine; behind: number }) {
  if (behind === 0) {
    return (
      <span
        data-testid="player-live"
        data-behind="0"
        className="inline-flex h-9 items-center gap-2 px-2 text-sm"
      >
        <span aria-hidden className="size-2 rounded-full bg-live-picture" />
        {t`Live`}
      </span>
    );
  }
  return (
    <>
      <button
        ref={givesFocusOn}
        type="button"
        data-testid="player-live"
        data-behind={behind}
        aria-label={t`Go to live`}
        title={t`Go to live`}
        onClick={() => engine.jumpToLive()}
        className="inline-flex h-9 items-center gap-2 rounded-sm px-2 text-sm whitespace-nowrap hover:bg-white/15"
      >
        <span aria-hidden className="size-2 rounded-full border-2 border-white/70" />
        <span className="max-sm:hidden">{t`Go to live`}</span>
        <span className="sm:hidden">{t`Live`}</span>
      </button>
      <span className="figures text-xs text-white/80 max-[340px]:hidden" data-testid="player-behind">
        {behindClock(behind)}
      </span>
    </>
  );
}

/** An arrow that turns back, with the seconds inside. */
function Turn({ seconds }: { seconds: number }) {
  return (
    <svg viewBox="0 0 24 24" aria-hidden="true" className="size-6">
      <path
        d="M12 4.8a8 8 0 1 1-8 8M14.9 1.9 12 4.8l2.9 2.9"
        fill="none"
        stroke="currentColor"
        strokeWidth="1.7"
        strokeLinecap="round"
        strokeLinejoin="round"
      />
      <text x="12" y="15.6" textAnchor="middle" fontSize="7.5" fontWeight="700" fill="currentColor">
        {seconds}
      </text>
    </svg>
  );
}

function Knob({
  label,
  testId,
  pressed,
  onClick,
  children,
}: {
  label: string;
  testId: string;
  /** Of one that stays on. */
  pressed?: boolean;
  onClick: () => void;
  children: ReactNode;
}) {
  return (
    <button
      type="button"
      aria-label={label}
      title={label}
      data-testid={testId}
      aria-pressed={pressed}
      onClick={onClick}
      className="inline-flex size-9 shrink-0 items-center justify-center rounded-sm hover:bg-white/15"
    >
      {children}
    </button>
  );
}
