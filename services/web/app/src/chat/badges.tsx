/** The small marks before a name. Each says what it means, also to who does not see it. */
import { BadgeCheck, Bot, Gem, type LucideIcon, Shield, Video } from "lucide-react";

export const BADGES: Record<string, { word: string; Icon: LucideIcon; look: string }> = {
  broadcaster: { word: "Broadcaster", Icon: Video, look: "text-action" },
  moderator: { word: "Moderator", Icon: Shield, look: "text-good" },
  vip: { word: "VIP", Icon: Gem, look: "text-warn" },
  staff: { word: "Streamly staff", Icon: BadgeCheck, look: "text-action" },
  bot: { word: "Bot", Icon: Bot, look: "text-quiet" },
};

export function Badges({ badges }: { badges: readonly string[] | undefined }) {
  return badges?.map((badge) => {
    const kind = BADGES[badge];
    if (!kind) return null;
    return (
      <span
        key={badge}
        role="img"
        aria-label={kind.word}
        title={kind.word}
        className={`mr-1 inline-flex align-[-0.15em] ${kind.look}`}
      >
        <kind.Icon aria-hidden className="size-3.5" strokeWidth={2.25} />
      </span>
    );
  });
}
