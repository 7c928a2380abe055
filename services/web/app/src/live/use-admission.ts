/**
 * Whether this page may watch a channel that is not open to everybody, by who one is, by its password or by its secret link; and the
 * playback token for it, followed by the next one in time. `gate` says what stands in the way. The link's secret comes behind `#`, is taken
 * out of the address bar, and is kept for this tab. So is the newest token of a channel with a password, which a reload shows instead of asking
 * again; it is good for some minutes. Errors other than a refusal leave things as they are; the next renewal comes soon.
 */
import { useCallback, useEffect, useRef, useState } from "react";
import { playbackToken } from "../api/calls";
import type { Granted, Stream } from "../api/contract";
import { Problem } from "../api/problem";
import { useLinkToken } from "../pages/account/link-token";
import { hub } from "./event-hub";
import { forgetToken, keepToken, keptToken } from "./kept-token";
import { renewalMs } from "./renewal";
import { isOpen, streamAfter } from "./stream-state";
import { usePushed } from "./use-live";

/** After an answer that did not come. */
const AGAIN_MS = 3_000;

export type Gate = "followers" | "password" | "private" | "ended-link";

export interface Admission {
  /** The channel as this page may see it. */
  stream: Stream | undefined;
  gate: Gate | null;
  /** Tries a password. */
  enter: (password: string) => Promise<void>;
}

export function useAdmission(username: string, stream: Stream | undefined): Admission {
  const [granted, setGranted] = useState<Granted | null>(null);
  const [refusedLink, setRefusedLink] = useState(false);
  const [kept, setKept] = useState(() => keptToken(username));
  const link = useLinkToken(`watch.${username.toLowerCase()}`);
  const closed = stream !== undefined && !isOpen(stream);
  const visibility = stream?.visibility;
  const mayWatch = stream?.may_watch ?? false;

  const ask = useCallback(
    async (proof: { password?: string; link?: string; token?: string }) => {
      setGranted(await playbackToken(username, proof));
    },
    [username],
  );

  // The channel is for others than before: what was proved may count no more.
  // biome-ignore lint/correctness/useExhaustiveDependencies: it begins anew with each
  useEffect(() => {
    setGranted(null);
    setRefusedLink(false);
  }, [username, visibility, mayWatch]);

  // By who one is, by the link, or by what was shown before a reload, without a question.
  const byLink = !mayWatch && visibility === "private" && link.token !== null;
  const again = !mayWatch && visibility === "password" ? kept : null;
  useEffect(() => {
    if (!closed || granted || !(mayWatch || byLink || again) || refusedLink) return;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const proof = again ? { token: again } : byLink && link.token ? { link: link.token } : {};
    const first = () =>
      ask(proof).catch((error) => {
        if (!(error instanceof Problem && error.status === 403)) timer = setTimeout(first, AGAIN_MS);
        else if (again) setKept(null);
        else setRefusedLink(true);
      });
    void first();
    return () => clearTimeout(timer);
  }, [closed, granted, mayWatch, byLink, again, link.token, refusedLink, ask]);

  // For the next load of this page; one that was refused goes.
  useEffect(() => {
    if (visibility !== "password") return;
    if (granted?.token && !mayWatch) keepToken(username, granted.token);
    else if (!kept) forgetToken(username);
  }, [username, visibility, mayWatch, granted, kept]);

  // Who came by the link hears of the channel by the token: what the first answer said, and what was pushed since. The channel's own
  // object is that of strangers whenever it is asked for again.
  const pass = visibility === "private" && !mayWatch ? (granted?.token ?? null) : null;
  const [heard, setHeard] = useState<Stream | null>(null);
  const passes = pass !== null;
  // biome-ignore lint/correctness/useExhaustiveDependencies: later answers are older than what was pushed
  useEffect(() => setHeard(passes && granted ? granted.stream : null), [passes]);
  useEffect(() => hub.show(pass), [pass]);
  useEffect(() => () => hub.show(null), []);
  usePushed(passes && stream ? [`channel:${stream.id}`] : [], (pushed) =>
    setHeard((known) => known && streamAfter(known, pushed)),
  );

  // The next token, with the one before; at once where those who were let in may not be any more.
  const version = stream?.watch_version;
  const renewedAt = useRef(version);
  useEffect(() => {
    const isOther = version !== renewedAt.current;
    renewedAt.current = version;
    if (!granted?.token) return;
    const { token } = granted;
    let timer = setTimeout(renew, isOther ? 0 : renewalMs(granted.expires_in));
    function renew() {
      ask({ token }).catch((error) => {
        if (error instanceof Problem && error.status === 403) {
          setKept(null);
          setGranted(null);
        } else timer = setTimeout(renew, AGAIN_MS);
      });
    }
    return () => clearTimeout(timer);
  }, [granted, version, ask]);

  if (!stream || !closed) return { stream, gate: null, enter: async () => {} };
  const enter = (password: string) => ask({ password });
  if (granted)
    return { stream: merged(passes ? (heard ?? granted.stream) : stream, granted), gate: null, enter };
  if ((mayWatch || again) && !refusedLink) return { stream, gate: null, enter };
  return { stream: hidden(stream), gate: gateOf(visibility, link.token !== null), enter };
}

function gateOf(visibility: Stream["visibility"], hasLink: boolean): Gate {
  if (visibility === "followers" || visibility === "password") return visibility;
  return hasLink ? "ended-link" : "private";
}

/** What is pushed is newer than what came with the token; where it is played only the token's answer knows. */
function merged(stream: Stream, granted: Granted): Stream {
  const url = granted.stream.live?.playback_url ?? null;
  const live = stream.live && url ? { ...stream.live, playback_url: url } : stream.live;
  // Live since the last answer: that it is, is pushed, and the next answer says where.
  const known = live?.playback_url ? live : live && { ...live, playback_url: withToken(stream, granted) };
  return { ...stream, live: known };
}

function withToken(stream: Stream, granted: Granted): string | null {
  return granted.token ? `/live/${stream.username}/index.m3u8?token=${granted.token}` : null;
}

function hidden(stream: Stream): Stream {
  return { ...stream, live: stream.live && { ...stream.live, playback_url: null } };
}
