/** The room's modes in words: above the input for those who write, and when one changes. Pure. */
import type { RoomSettings } from "./frames";
import { longSpan } from "./spans";

export interface Mode {
  key: "shield" | "followers" | "verified" | "emotes" | "slow" | "unique" | "links";
  /** Its name, for a chip. */
  name: string;
  /** What it asks of the writer. */
  asks: string;
}

/** Those that are on, the strictest first. */
export function modesOn(settings: RoomSettings): Mode[] {
  const out: Mode[] = [];
  if (settings.shield)
    out.push({ key: "shield", name: "Shield", asks: "This chat is shielded: strict rules for a while." });
  if (settings.followers_only_min !== null) {
    const minutes = settings.followers_only_min;
    const age = minutes > 0 ? ` for ${longSpan(minutes * 60)}` : "";
    out.push({
      key: "followers",
      name: age ? `Followers${age}` : "Followers",
      asks: age ? `Only people who have followed${age} write here.` : "Followers only: follow to write.",
    });
  }
  if (settings.verified_only)
    out.push({
      key: "verified",
      name: "Confirmed e-mail",
      asks: "Only people with a confirmed e-mail address write here.",
    });
  if (settings.emote_only) out.push({ key: "emotes", name: "Emotes", asks: "Emotes only, no words." });
  if (settings.slow_s > 0)
    out.push({
      key: "slow",
      name: `Slow ${longSpan(settings.slow_s)}`,
      asks: `Slow mode: one message every ${longSpan(settings.slow_s)}.`,
    });
  if (settings.unique) out.push({ key: "unique", name: "No repeats", asks: "Say nothing twice." });
  if (settings.links === "refuse") out.push({ key: "links", name: "No links", asks: "No links here." });
  return out;
}
