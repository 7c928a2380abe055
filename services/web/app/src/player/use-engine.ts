/** Binds a `PlayerEngine` to a video element for as long as the component lives. */
import { useEffect, useRef, useState, useSyncExternalStore } from "react";
import { watchRest } from "../live/page-rest";
import { withParameter } from "./address";
import { PlayerEngine } from "./engine";
import { IDLE } from "./snapshot";

/**
 * @param source playlist address, or null when there is nothing to play
 * @param token playback token of a channel that is not open; another one takes its place without a break
 * @param broadcast changes when `source` must be loaded anew although its address is the same
 * @param expected whether media should be arriving now
 * @param codecs of the renditions that there are; others than before may be playable
 * @param silent start muted and leave the remembered volume alone
 */
export function useEngine(
  source: string | null,
  token: string | null,
  broadcast: string | null,
  expected: boolean,
  codecs: string,
  silent = false,
) {
  const video = useRef<HTMLVideoElement>(null);
  const [engine, setEngine] = useState<PlayerEngine | null>(null);

  useEffect(() => {
    if (!video.current) return;
    const made = new PlayerEngine(video.current, silent);
    setEngine(made);
    return () => {
      made.destroy();
      setEngine(null);
    };
  }, [silent]);

  const latest = useRef(token);
  const needsToken = token !== null;
  useEffect(() => {
    latest.current = token;
    if (source) engine?.renewed(withToken(source, token));
  }, [engine, source, token]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: a channel that is closed or opened is loaded anew
  useEffect(() => {
    if (!engine) return;
    if (source && broadcast) void engine.load(withToken(source, latest.current));
    else engine.stop();
  }, [engine, source, broadcast, needsToken]);

  useEffect(() => {
    engine?.expectMedia(expected);
  }, [engine, expected]);

  useEffect(() => {
    if (codecs) engine?.renditionsChanged();
  }, [engine, codecs]);

  useEffect(() => {
    if (!engine || !video.current) return;
    // For measurements in the browser tests: target, buffer in hand, jitter, rate.
    const element = video.current as HTMLVideoElement & { measures?: () => PlayerEngine["measures"] };
    element.measures = () => engine.measures;
  }, [engine]);

  useEffect(
    () => (engine ? watchRest({ rest: () => engine.rest(), wake: () => engine.wake() }) : undefined),
    [engine],
  );

  const snapshot = useSyncExternalStore(engine?.subscribe ?? never, engine?.snapshot ?? idle);
  return { video, engine, snapshot };
}

const withToken = (source: string, token: string | null) =>
  token ? withParameter(source, "token", token) : source;

const never = () => () => {};
const idle = () => IDLE;
