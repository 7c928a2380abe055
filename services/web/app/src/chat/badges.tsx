/** The small marks before a name. Each says what it means, also to who does not see it. */
import type { MessageDescriptor } from "@lingui/core";
import { msg } from "@lingui/core/macro";
import { BadgeCheck, Bot, Gem, type LucideIcon, Shield, Video } from "lucide-react";
import { say } from "../language/say";

export const BADGES: Record<string, { word: MessageDescriptor; Icon: LucideIcon; look: string }> = {
  broadcaster: { word: msg`Broadcaster`, Icon: Video, look: "text-action" },
  moderator: { word: msg`Moderator`, Icon: Shield, look: "text-good" },
  vip: { word: msg`VIP`, Icon: Gem, look: "text-warn" },
  staff: { word: msg`Streamly staff`, Icon: BadgeCheck, look: "text-action" },
  bot: { word: msg`Bot`, Icon: Bot, look: "text-quiet" },
};

export function Badges({ badges }: { badges: readonly string[] | undefined }) {
  return badges?.map((badge) => {
    const kind = BADGES[badge];
    if (!kind) return null;
    const word = say(kind.word);
    return (
      <span
        key={badge}
        role="img"
        aria-label={word}
        title={word}
        className={`mr-1 inline-flex align-[-0.15em] ${kind.look}`}
      >
        <kind.Icon aria-hidden className="size-3.5" strokeWidth={2.25} />
      </span>
    );
  });
}
