/** The badges in the overlay, as large as its text. */

import { BADGES } from "../../chat/badges";
import { say } from "../../language/say";

const COLOURS: Record<string, string> = {
  broadcaster: "#9db4ff",
  moderator: "#6fe0a0",
  vip: "#ffc96b",
  staff: "#9db4ff",
  bot: "#c3c7d1",
};

export function OverlayBadges({ badges }: { badges: readonly string[] | undefined }) {
  return badges?.map((badge) => {
    const kind = BADGES[badge];
    if (!kind) return null;
    return (
      <span
        key={badge}
        role="img"
        aria-label={say(kind.word)}
        className="overlay-badge"
        style={{ color: COLOURS[badge] ?? "#ffffff" }}
      >
        <kind.Icon aria-hidden width="0.9em" height="0.9em" strokeWidth={2.5} />
      </span>
    );
  });
}
