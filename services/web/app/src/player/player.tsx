/**
 * The picture with its bar, its keys and its words. What the channel is doing comes from outside by push; what the picture
 * is doing comes from the engine. The words cover the picture only while there is none to see.
 */
import { Loader, Play, VolumeX } from "lucide-react";
import { useCallback, useEffect, useRef, useState } from "react";
import type { Stream } from "../api/contract";
import type { Shown } from "../live/stream-state";
import { Controls } from "./controls";
import { unplayable } from "./unplayable";
import { useEngine } from "./use-engine";

/** The bar hides after so long without a move of the pointer. */
const HIDE_MS = 2_500;
/** An arrow key moves so many seconds. */
const SKIP = 5;

export function Player({
  stream,
  shown,
  keys = true,
  preview = false,
}: {
  stream: Stream;
  shown: Shown;
  /** Whether the page's keys steer this player. */
  keys?: boolean;
  /** The broadcaster's own picture: starts muted whatever was remembered, and is not counted as a viewer. */
  preview?: boolean;
}) {
  const running = shown === "live" || shown === "reconnecting";
  const source = running ? sourceOf(stream.live?.playback_url, preview) : null;
  const broadcast = running ? (stream.live?.broadcast_id ?? null) : null;
  const { video, engine, snapshot } = useEngine(source, broadcast, shown === "live", preview);
  const [frame, setFrame] = useState<HTMLDivElement | null>(null);
  const [fullscreen, setFullscreen] = useState(false);
  const [menuOpen, setMenuOpen] = useState(false);
  const [awake, wake] = useAwake();

  useEffect(() => {
    const change = () => setFullscreen(document.fullscreenElement === frame && frame !== null);
    document.addEventListener("fullscreenchange", change);
    return () => document.removeEventListener("fullscreenchange", change);
  }, [frame]);

  const toggleFullscreen = useCallback(() => {
    if (document.fullscreenElement) void document.exitFullscreen();
    else if (frame?.requestFullscreen) void frame.requestFullscreen().catch(() => {});
    else
      (video.current as unknown as { webkitEnterFullscreen?: () => void } | null)?.webkitEnterFullscreen?.();
  }, [frame, video]);

  const togglePip = useCallback(() => {
    if (document.pictureInPictureElement) void document.exitPictureInPicture();
    else void video.current?.requestPictureInPicture().catch(() => {});
  }, [video]);

  useEffect(() => {
    if (!engine || !keys) return;
    const press = (event: KeyboardEvent) => {
      if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
      const at = event.target as HTMLElement | null;
      if (at?.closest("input, textarea, select, [contenteditable], [role=menu]")) return;
      if (event.key === " " && at?.closest("button, a")) return;
      const done = () => {
        event.preventDefault();
        wake();
      };
      switch (event.key) {
        case " ":
        case "k":
          engine.togglePlay();
          return done();
        case "f":
          toggleFullscreen();
          return done();
        case "m":
          engine.sound.setMuted(!engine.snapshot().muted);
          return done();
        case "ArrowLeft":
          engine.skip(-SKIP);
          return done();
        case "ArrowRight":
          engine.skip(SKIP);
          return done();
        case "ArrowUp":
          engine.sound.setVolume(engine.snapshot().volume + 0.05);
          return done();
        case "ArrowDown":
          engine.sound.setVolume(engine.snapshot().volume - 0.05);
          return done();
      }
    };
    window.addEventListener("keydown", press);
    return () => window.removeEventListener("keydown", press);
  }, [engine, keys, toggleFullscreen, wake]);

  const picture = running && source !== null;
  const barShown = picture && (awake || menuOpen || snapshot.phase === "paused");
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: the pointer only wakes the bar; all deeds have buttons and keys
    <div
      ref={setFrame}
      data-testid="player"
      data-phase={snapshot.phase}
      onPointerMove={wake}
      onPointerDown={wake}
      onFocus={wake}
      className={`group relative isolate aspect-video w-full overflow-hidden bg-black text-white ${
        picture && !barShown ? "cursor-none" : ""
      }`}
    >
      <video
        ref={video}
        data-testid="player-video"
        playsInline
        aria-label={`${stream.display_name}, live video`}
        className="absolute inset-0 size-full object-contain"
        onClick={() => window.matchMedia("(hover: hover)").matches && engine?.togglePlay()}
        onDoubleClick={toggleFullscreen}
      />
      <Words
        shown={shown}
        phase={snapshot.phase}
        name={stream.display_name}
        picture={picture}
        preview={preview}
        codecs={(stream.live?.renditions ?? []).map((rendition) => rendition.codecs)}
      />
      {picture && engine && snapshot.needsClick && (
        <button
          type="button"
          data-testid="player-start"
          onClick={() => engine.play()}
          className="absolute inset-0 m-auto inline-flex size-20 items-center justify-center rounded-full bg-black/70 hover:bg-black/85"
          aria-label="Play"
        >
          <Play aria-hidden className="size-8" />
        </button>
      )}
      {picture && engine && snapshot.mutedByBrowser && !snapshot.needsClick && (
        <button
          type="button"
          data-testid="player-unmute"
          onClick={() => engine.sound.setMuted(false)}
          className="absolute top-3 left-3 inline-flex h-10 items-center gap-2 rounded-sm bg-white px-4 text-sm font-semibold text-black hover:bg-white/85"
        >
          <VolumeX aria-hidden className="size-5" />
          Click for sound
        </button>
      )}
      {picture && engine && (
        <div
          className={`absolute inset-x-0 bottom-0 transition-opacity focus-within:opacity-100 ${
            barShown ? "opacity-100" : "pointer-events-none opacity-0"
          }`}
        >
          <Controls
            engine={engine}
            snapshot={snapshot}
            frame={frame}
            fullscreen={fullscreen}
            live={shown === "live"}
            onFullscreen={toggleFullscreen}
            onPip={document.pictureInPictureEnabled ? togglePip : null}
            onMenu={setMenuOpen}
          />
        </div>
      )}
    </div>
  );
}

function Words({
  shown,
  phase,
  name,
  picture,
  preview,
  codecs,
}: {
  shown: Shown;
  phase: string;
  name: string;
  picture: boolean;
  preview: boolean;
  codecs: string[];
}) {
  const busy = picture && shown === "live" && (phase === "loading" || phase === "waiting");
  const text = wordsFor(shown, phase, name, preview, codecs);
  const dim = shown === "reconnecting" && picture;
  return (
    <>
      {busy && (
        <Loader
          aria-hidden
          className="pointer-events-none absolute inset-0 m-auto size-9 animate-spin text-white/80"
        />
      )}
      <div
        role="status"
        data-testid="player-state"
        data-state={shown}
        className={
          text
            ? `pointer-events-none absolute inset-0 flex flex-col items-center justify-center px-6 text-center ${dim ? "bg-black/65" : picture ? "" : "bg-[oklch(0.13_0.01_265)]"}`
            : "sr-only"
        }
      >
        {text ? (
          <>
            <span className="text-base font-semibold sm:text-lg">{text.head}</span>
            <span className="mt-1 max-w-md text-sm text-white/75">{text.tail}</span>
          </>
        ) : (
          shown
        )}
      </div>
    </>
  );
}

/**
 * The playlist by way of this page's own origin. The platform names it by its public address; a page opened by another address of
 * the same server (a phone on the same network) may only fetch from where it came.
 */
function sourceOf(playback: string | undefined, preview: boolean): string | null {
  if (!playback) return null;
  const url = new URL(playback, window.location.href);
  if (preview) url.searchParams.set("preview", "1");
  return `${url.pathname}${url.search}`;
}

function wordsFor(
  shown: Shown,
  phase: string,
  name: string,
  preview: boolean,
  codecs: string[],
): { head: string; tail: string } | null {
  switch (shown) {
    case "offline":
      return { head: `${name} is offline`, tail: "The picture starts here by itself when they go live." };
    case "starting":
      return { head: "Starting", tail: `${name} is about to go live. Stay here.` };
    case "reconnecting":
      if (preview) return { head: "Nothing arrives", tail: "Viewers are asked to hang on." };
      return {
        head: "Hang on, the broadcaster lost the connection",
        tail: "The picture comes back by itself.",
      };
    case "ended":
      return { head: "The broadcast has ended", tail: `Thanks for watching ${name}.` };
    case "live":
      return phase === "unsupported" ? unplayable(codecs) : null;
  }
}

/** True for a while after the last sign of attention. */
function useAwake(): [boolean, () => void] {
  const [awake, setAwake] = useState(true);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const wake = useCallback(() => {
    setAwake(true);
    clearTimeout(timer.current);
    timer.current = setTimeout(() => setAwake(false), HIDE_MS);
  }, []);
  useEffect(() => {
    wake();
    return () => clearTimeout(timer.current);
  }, [wake]);
  return [awake, wake];
}
