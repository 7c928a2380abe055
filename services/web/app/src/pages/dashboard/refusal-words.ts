/** What to do about a refused publish. OBS shows its user none of the server's words, so they are said here. Pure. */
import type { Refusal } from "../../api/contract";
import { asSentence } from "../../api/problem";

const WORDS: Record<string, { why: string; remedy: string }> = {
  key_revoked: { why: "the key was deleted or replaced", remedy: "Create a key and put it into OBS." },
  unknown_key: { why: "the key is not one of yours", remedy: "Copy the key from this page once more." },
  empty_key: { why: "no key was given", remedy: "Copy the key from this page into OBS." },
  account_suspended: { why: "your account is suspended", remedy: "Ask the operator of this site." },
  takeover_refused: {
    why: "another encoder is live on this channel",
    remedy: "Stop the other one first, then start again.",
  },
  codec_unsupported: {
    why: "its codec is not supported yet",
    remedy: "In OBS, Settings → Output, choose an H.264 encoder and AAC audio.",
  },
};

/** "Two minutes ago a publish with “OBS” was refused: …" in two parts. */
export function refusalWords(refusal: Refusal): { why: string; remedy: string } {
  const known = WORDS[refusal.code];
  const detail = refusal.detail ? asSentence(refusal.detail) : "";
  const key = refusal.key_name ? `The key “${refusal.key_name}” was refused` : "A publish was refused";
  if (known) return { why: `${key}: ${known.why}.`, remedy: known.remedy };
  return { why: `${key}. ${detail}`.trim(), remedy: "Check the settings in OBS and start again." };
}
