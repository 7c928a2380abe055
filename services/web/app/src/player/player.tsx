/**
 * The picture with its keys, its words, and what lies over it. What the channel is doing comes from outside by push; what the picture
 * is doing comes from the engine. The words cover the picture only while there is none to see.
 */
import { t } from "@lingui/core/macro";
import { Play, VolumeX } from "lucide-react";
import { type ReactNode, type RefObject, Suspense, useCallback, useEffect, useRef, useState } from "react";
import type { Stream } from "../api/contract";
import { lazily } from "../language/lazily";
import type { Shown } from "../live/stream-state";
import { givesFocusOn } from "../ui/focus";
import { chosenBefore } from "./choices";
import { useAfterPicture } from "./use-after-picture";
import { useEngine } from "./use-engine";
import { useKeyDeeds } from "./use-key-deeds";
import { usePreload } from "./use-preload";
import type { Theatre } from "./use-theatre";
import { Words } from "./words";

const OverPicture = lazily(async () => (await import("./over-picture")).OverPicture, []);
const KeyList = lazily(async () => (await import("./key-list")).KeyList, ["rest"]);

const NO_THEATRE: Theatre = { on: false, toggle: null };
/** The bar hides after so long without a move of the pointer. */
const HIDE_MS = 2_500;
export function Player({
  stream,
  shown,
  keys = true,
  preview = false,
  muted = false,
  popout = false,
  alone = false,
  theatre = NO_THEATRE,
  head,
}: {
  stream: Stream;
  shown: Shown;
  /** Whether the page's keys steer this player. */
  keys?: boolean;
  /** The broadcaster's own picture: starts muted whatever was remembered, and is not counted as a viewer. */
  preview?: boolean;
  /** Starts without sound and offers it, whatever was remembered; what is chosen here is not remembered either. */
  muted?: boolean;
  /** Whether it can go into a window of its own. */
  popout?: boolean;
  /** Whether the window has nothing else. */
  alone?: boolean;
  /** On, the picture fills the window's height and whatever is left of its width. */
  theatre?: Theatre;
  /** Over the picture while the bar is. */
  head?: ReactNode;
}) {
  const running = shown === "live" || shown === "reconnecting";
  const { source, token } = sourceOf(running ? stream.live?.playback_url : null, preview);
  const broadcast = running ? (stream.live?.broadcast_id ?? null) : null;
  const renditions = stream.live?.renditions ?? [];
  const codecs = renditions.map((rendition) => rendition.codecs);
  const { video, engine, snapshot } = useEngine(
    source,
    token,
    broadcast,
    shown === "live",
    codecs.join(" "),
    preview || muted,
  );
  const [frame, setFrame] = useState<HTMLDivElement | null>(null);
  const [fullscreen, setFullscreen] = useState(false);
  const [menuOpen, setMenuOpen] = useState(false);
  const [keysShown, setKeysShown] = useState(false);
  const [statsShown, setStatsShown] = useState(false);
  const mayLoad = useAfterPicture(running);
  usePreload(running);
  const bar = useRef<HTMLDivElement>(null);
  const [awake, wake] = useAwake(bar);
  const [heard, setHeard] = useState(false);

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

  // Sound is offered until there was some: who mutes again knows where the button is.
  useEffect(() => {
    if (snapshot.phase === "playing" && !snapshot.muted) setHeard(true);
  }, [snapshot.phase, snapshot.muted]);

  const toggleKeys = useCallback(() => setKeysShown((now) => !now), []);
  const toggleStats = useCallback(() => setStatsShown((now) => !now), []);
  const [everywhere, setEverywhere] = useState(() => chosenBefore("keys") !== "off");
  useKeyDeeds(keys ? engine : null, everywhere, alone, {
    wake,
    toggleFullscreen,
    toggleKeys,
    toggleStats,
    toggleTheatre: theatre.toggle,
  });

  const picture = running && source !== null;
  const silenced = snapshot.mutedByBrowser || (muted && snapshot.muted && !heard);
  const barShown = picture && (awake || menuOpen || snapshot.phase === "paused");
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: the pointer only wakes the bar; all deeds have buttons and keys
    <div
      ref={setFrame}
      // Who clicks the picture has the focus in it, and with it the keys.
      tabIndex={keys ? -1 : undefined}
      data-testid="player"
      data-phase={snapshot.phase}
      onPointerMove={wake}
      onPointerDown={wake}
      onFocus={wake}
      className={`group relative isolate w-full overflow-hidden bg-black text-white ${
        theatre.on ? "h-dvh" : "aspect-video"
      } ${picture && !barShown && !snapshot.trouble ? "cursor-none" : ""}`}
    >
      <video
        ref={video}
        data-testid="player-video"
        playsInline
        aria-label={t`${stream.display_name}, live video`}
        className="absolute inset-0 size-full object-contain"
        onClick={() => window.matchMedia("(hover: hover)").matches && engine?.togglePlay()}
        onDoubleClick={toggleFullscreen}
      />
      <Words
        shown={shown}
        snapshot={snapshot}
        name={stream.display_name}
        picture={picture}
        preview={preview}
        codecs={codecs}
        renditions={renditions}
        onAgain={() => engine?.tryAgain()}
      />
      {picture && engine && snapshot.needsClick && (
        <button
          ref={givesFocusOn}
          type="button"
          data-testid="player-start"
          onClick={() => engine.play()}
          className="absolute inset-0 m-auto inline-flex size-20 items-center justify-center rounded-full bg-black/70 hover:bg-black/85"
          aria-label={t`Play`}
        >
          <Play aria-hidden className="size-8" />
        </button>
      )}
      {picture && engine && silenced && !snapshot.needsClick && (
        <button
          ref={givesFocusOn}
          type="button"
          data-testid="player-unmute"
          onClick={() => engine.sound.setMuted(false)}
          className={`absolute left-3 inline-flex h-10 items-center gap-2 rounded-sm bg-white px-4 text-sm font-semibold text-black hover:bg-white/85 ${head ? "top-14" : "top-3"}`}
        >
          <VolumeX aria-hidden className="size-5" />
          {t`Click for sound`}
        </button>
      )}
      {head && (
        <div
          className={`absolute inset-x-0 top-0 transition-opacity has-focus-visible:opacity-100 ${
            barShown || !picture ? "opacity-100" : "pointer-events-none opacity-0"
          }`}
        >
          {head}
        </div>
      )}
      <Suspense>
        {picture && engine && video.current && mayLoad && (
          <OverPicture
            engine={engine}
            video={video.current}
            snapshot={snapshot}
            stream={stream}
            preview={preview}
            broadcast={broadcast}
            barRef={bar}
            barShown={barShown}
            statsShown={statsShown}
            frame={frame}
            fullscreen={fullscreen}
            live={shown === "live"}
            keysWork={keys}
            theatre={theatre}
            onFullscreen={toggleFullscreen}
            popout={popout}
            onMenu={setMenuOpen}
            onKeys={toggleKeys}
            onStats={toggleStats}
            onDrag={wake}
          />
        )}
      </Suspense>
      <Suspense>
        {keysShown && (
          <KeyList
            theatre={theatre.toggle !== null}
            captions={snapshot.captions !== "none"}
            everywhere={everywhere}
            onEverywhere={setEverywhere}
            onClose={toggleKeys}
          />
        )}
      </Suspense>
    </div>
  );
}

/**
 * The playlist by way of this page's own origin. The platform names it by its public address; a page opened by another address of
 * the same server (a phone on the same network) may only fetch from where it came.
 */
function sourceOf(playback: string | null | undefined, preview: boolean) {
  if (!playback) return { source: null, token: null };
  const url = new URL(playback, window.location.href);
  const token = url.searchParams.get("token");
  url.searchParams.delete("token");
  if (preview) url.searchParams.set("preview", "1");
  return { source: `${url.pathname}${url.search}`, token };
}

/** True for a while after the last sign of attention, and while a mouse rests on the bar. */
function useAwake(bar: RefObject<HTMLElement | null>): [boolean, () => void] {
  const [awake, setAwake] = useState(true);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const wake = useCallback(() => {
    const sleep = () => {
      // A finger that has gone still hovers.
      const isPointed = bar.current?.matches(":hover") && window.matchMedia("(hover: hover)").matches;
      if (isPointed) timer.current = setTimeout(sleep, HIDE_MS);
      else setAwake(false);
    };
    setAwake(true);
    clearTimeout(timer.current);
    timer.current = setTimeout(sleep, HIDE_MS);
  }, [bar]);
  useEffect(() => {
    wake();
    return () => clearTimeout(timer.current);
  }, [wake]);
  return [awake, wake];
}
