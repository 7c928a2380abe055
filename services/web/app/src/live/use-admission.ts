/**
 * Whether this page may watch a channel that is not open to everybody, by who one is, by its password or by its secret link; and the
 * playback token for it, followed by the next one in time. `gate` says what stands in the way. The link's secret comes behind `#`, is taken
 * out of the address bar, and is kept for this tab. So is the newest token of a channel with a password, which a reload shows instead of asking
 * again; it is good for some minutes. Errors other than a refusal leave things as they are; the next renewal comes soon.
 */
import { useCallback, useEffect, useState } from "react";
import { playbackToken } from "../api/calls";
import type { Granted, Stream } from "../api/contract";
import { Problem } from "../api/problem";
import { useLinkToken } from "../pages/account/link-token";
import { forgetToken, keepToken, keptToken } from "./kept-token";
import { isOpen } from "./stream-state";

/** Of a private channel nothing is pushed to who came by its link: this asks. */
const ASK_MS = 5_000;
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

  // The next token, with the one before; and what the channel is doing, where nothing is pushed.
  useEffect(() => {
    if (!granted?.token) return;
    const { token } = granted;
    const due = visibility === "private" && !mayWatch ? ASK_MS : granted.expires_in * 500;
    let timer = setTimeout(renew, due);
    function renew() {
      ask({ token }).catch((error) => {
        if (error instanceof Problem && error.status === 403) {
          setKept(null);
          setGranted(null);
        } else timer = setTimeout(renew, AGAIN_MS);
      });
    }
    return () => clearTimeout(timer);
  }, [granted, visibility, mayWatch, ask]);

  if (!stream || !closed) return { stream, gate: null, enter: async () => {} };
  const enter = (password: string) => ask({ password });
  if (granted) return { stream: merged(stream, granted, mayWatch), gate: null, enter };
  if ((mayWatch || again) && !refusedLink) return { stream, gate: null, enter };
  return { stream: hidden(stream), gate: gateOf(visibility, link.token !== null), enter };
}

function gateOf(visibility: Stream["visibility"], hasLink: boolean): Gate {
  if (visibility === "followers" || visibility === "password") return visibility;
  return hasLink ? "ended-link" : "private";
}

/** What is pushed is newer than what came with the token; where it is played only the token's answer knows. */
function merged(stream: Stream, granted: Granted, pushed: boolean): Stream {
  if (stream.visibility === "private" && !pushed) return granted.stream;
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
