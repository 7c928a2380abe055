/** A refused start of the encoder in a sentence. OBS shows its user none of the server's words, so they are said here. Pure. */

import type { MessageDescriptor } from "@lingui/core";
import { msg, t } from "@lingui/core/macro";
import type { Refusal } from "../../api/contract";
import { asSentence } from "../../api/problem";
import { say } from "../../language/say";

/** For refusals without a sentence of the server's own, which names what it saw and what to do. */
const WORDS: Record<string, MessageDescriptor> = {
  key_revoked: msg`The key was deleted or replaced. Copy a valid one into your encoder.`,
  account_suspended: msg`Your account is suspended. Ask the operator of this site.`,
  takeover_refused: msg`Another encoder is live on this channel. Stop that one first, then start again.`,
  codec_unsupported: msg`Its codec is not supported. Choose an H.264, HEVC or AV1 encoder and AAC or Opus audio in its output settings.`,
};

export function refusalWords(refusal: Refusal): string {
  if (refusal.detail.trim()) return asSentence(refusal.detail);
  const key = refusal.key_name;
  const what = key ? t`The stream with the key “${key}” was refused.` : t`The stream was refused.`;
  const why = say(WORDS[refusal.code]) ?? t`Check your encoder's output settings, then start again.`;
  return `${what} ${why}`;
}

/** Older ones are history. */
const DAY_MS = 86_400_000;

/** The refusals that still matter: of the last day, and since the present broadcast began. */
export function recentRefusals(list: Refusal[], liveSince: string | undefined, now: number): Refusal[] {
  const since = Math.max(now - DAY_MS, liveSince ? Date.parse(liveSince) : 0);
  return list.filter((refusal) => Date.parse(refusal.at) >= since);
}
