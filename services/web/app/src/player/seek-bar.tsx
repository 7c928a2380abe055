/**
 * The time bar: all that one can go back to, its right end is live. A range input, so that pointer, touch, keys and screen readers work
 * as everywhere; what is seen is drawn over it. The playhead moves when the knob is let go, not while it is dragged.
 */
import { t } from "@lingui/core/macro";
import { useEffect, useRef, useState } from "react";
import { barMove } from "./bar-keys";
import type { PlayerEngine } from "./engine";
import { BEHIND, behindClock, behindWords } from "./rewind";

/** Width of the knob, px; the middle of the knob goes from half of it to the same at the other end. */
const KNOB = 16;
/** There is nothing to go back to before, seconds. */
export const LEAST_DEPTH = 10;

export function SeekBar({
  engine,
  running,
  behind,
  depth,
  onDrag,
}: {
  engine: PlayerEngine;
  /** Whether the right end is live now; not while the broadcaster is away. */
  running: boolean;
  /** Seconds behind live. */
  behind: number;
  /** Seconds that one can go back. */
  depth: number;
  /** Called while the knob is dragged, so that the bar stays. */
  onDrag: () => void;
}) {
  const input = useRef<HTMLInputElement>(null);
  /** Seconds behind live under the dragged knob, and under the pointer. */
  const [goal, setGoal] = useState<number | null>(null);
  const [pointed, setPointed] = useState<number | null>(null);
  const shown = Math.min(goal ?? behind, depth);

  useEffect(() => {
    const bar = input.current;
    if (!bar) return;
    const settle = () => {
      const wanted = -Number(bar.value);
      setGoal(null);
      if (wanted < BEHIND) engine.jumpToLive();
      else engine.rewindTo(wanted);
    };
    // React's onChange is the platform's "input"; this comes once, when the knob is let go.
    bar.addEventListener("change", settle);
    return () => bar.removeEventListener("change", settle);
  }, [engine]);

  const under = (clientX: number): number | null => {
    const box = input.current?.getBoundingClientRect();
    if (!box || box.width <= KNOB) return null;
    const share = (clientX - box.left - KNOB / 2) / (box.width - KNOB);
    return Math.round(depth * (1 - Math.min(1, Math.max(0, share))));
  };
  const at = (seconds: number) => {
    const share = depth > 0 ? 1 - seconds / depth : 1;
    return `calc(${KNOB / 2}px + ${share} * (100% - ${KNOB}px))`;
  };
  const live = running && shown < BEHIND;
  const named = goal ?? pointed;

  return (
    <div className="relative h-5 pointer-coarse:h-8">
      <input
        ref={input}
        type="range"
        min={-depth}
        max={0}
        step={1}
        value={-shown}
        aria-label={t`Time`}
        aria-valuetext={behindWords(shown)}
        data-testid="player-seek"
        data-depth={depth}
        onChange={(event) => {
          setGoal(-Number(event.target.value));
          onDrag();
        }}
        onKeyDown={(event) => {
          const moved = barMove(event.key, behind, depth);
          if (moved === null || event.ctrlKey || event.metaKey || event.altKey) return;
          event.preventDefault();
          if (moved < BEHIND) engine.jumpToLive();
          else engine.rewindTo(moved);
        }}
        onPointerMove={(event) => setPointed(event.pointerType === "touch" ? null : under(event.clientX))}
        onPointerLeave={() => setPointed(null)}
        onPointerCancel={() => setGoal(null)}
        className="peer absolute inset-0 size-full cursor-pointer touch-none appearance-none opacity-0 [&::-moz-range-thumb]:size-4 [&::-moz-range-thumb]:border-0 [&::-webkit-slider-thumb]:size-4 [&::-webkit-slider-thumb]:appearance-none"
      />
      <div className="pointer-events-none absolute inset-x-2 top-1/2 h-1 -translate-y-1/2 rounded-full bg-white/30 peer-hover:h-1.5 peer-focus-visible:h-1.5" />
      <div
        className={`pointer-events-none absolute top-1/2 left-2 h-1 -translate-y-1/2 rounded-full peer-hover:h-1.5 peer-focus-visible:h-1.5 ${live ? "bg-live-picture" : "bg-white"}`}
        style={{ width: `calc(${at(shown)} - ${KNOB / 2}px)` }}
      />
      <div
        className={`pointer-events-none absolute top-1/2 size-3 -translate-1/2 rounded-full outline-offset-2 outline-action peer-hover:size-4 peer-focus-visible:size-4 peer-focus-visible:outline-2 ${live ? "bg-live-picture" : "bg-white"}`}
        style={{ left: at(shown) }}
      />
      {named !== null && (
        <span
          aria-hidden
          className="figures pointer-events-none absolute bottom-full -translate-x-1/2 rounded-[4px] bg-black/85 px-1.5 py-0.5 text-xs whitespace-nowrap"
          style={{ left: `clamp(1.75rem, ${at(named)}, calc(100% - 1.75rem))` }}
        >
          {named < BEHIND ? t`Live` : behindClock(named)}
        </span>
      )}
    </div>
  );
}
