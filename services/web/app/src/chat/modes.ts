/** The room's modes in words: above the input for those who write, and when one changes. Pure. */
import { t } from "@lingui/core/macro";
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
    out.push({ key: "shield", name: t`Shield`, asks: t`This chat is shielded: strict rules for a while.` });
  if (settings.followers_only_min !== null) {
    const minutes = settings.followers_only_min;
    const time = longSpan(minutes * 60);
    out.push({
      key: "followers",
      name: minutes > 0 ? t`Followers for ${time}` : t`Followers`,
      asks:
        minutes > 0
          ? t`Only people who have followed for ${time} write here.`
          : t`Followers only: follow to write.`,
    });
  }
  if (settings.verified_only)
    out.push({
      key: "verified",
      name: t`Confirmed e-mail`,
      asks: t`Only people with a confirmed e-mail address write here.`,
    });
  if (settings.emote_only) out.push({ key: "emotes", name: t`Emotes`, asks: t`Emotes only, no words.` });
  if (settings.slow_s > 0) {
    const time = longSpan(settings.slow_s);
    out.push({ key: "slow", name: t`Slow ${time}`, asks: t`Slow mode: one message every ${time}.` });
  }
  if (settings.unique) out.push({ key: "unique", name: t`No repeats`, asks: t`Say nothing twice.` });
  if (settings.links === "refuse") out.push({ key: "links", name: t`No links`, asks: t`No links here.` });
  return out;
}
