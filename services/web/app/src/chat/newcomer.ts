/** Whose first message in a room it is worth to point out: that of somebody who is new there. Pure. */
import type { MessageFrame } from "./frames";

/** Badges of who has this room in hand: their first message is the server's to count, and nothing to greet. */
const HOSTS = new Set(["broadcaster", "moderator"]);

export function isNewcomer({ first, user }: Pick<MessageFrame, "first" | "user">): boolean {
  return first === true && !user.badges?.some((badge) => HOSTS.has(badge));
}
