/** A refused start of the encoder in a sentence. OBS shows its user none of the server's words, so they are said here. Pure. */
import type { Refusal } from "../../api/contract";
import { asSentence } from "../../api/problem";

/** For refusals without a sentence of the server's own, which names what it saw and what to do. */
const WORDS: Record<string, string> = {
  key_revoked: "The key was deleted or replaced. Copy a valid one into your encoder.",
  account_suspended: "Your account is suspended. Ask the operator of this site.",
  takeover_refused: "Another encoder is live on this channel. Stop that one first, then start again.",
  codec_unsupported:
    "Its codec is not supported. Choose an H.264, HEVC or AV1 encoder and AAC or Opus audio in its output settings.",
};

export function refusalWords(refusal: Refusal): string {
  if (refusal.detail.trim()) return asSentence(refusal.detail);
  const name = refusal.key_name ? `The stream with the key “${refusal.key_name}”` : "The stream";
  return `${name} was refused. ${WORDS[refusal.code] ?? "Check your encoder's output settings, then start again."}`;
}

/** Older ones are history. */
const DAY_MS = 86_400_000;

/** The refusals that still matter: of the last day, and since the present broadcast began. */
export function recentRefusals(list: Refusal[], liveSince: string | undefined, now: number): Refusal[] {
  const since = Math.max(now - DAY_MS, liveSince ? Date.parse(liveSince) : 0);
  return list.filter((refusal) => Date.parse(refusal.at) >= since);
}
