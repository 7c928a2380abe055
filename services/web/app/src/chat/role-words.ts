/** What a person is told when their roles in a channel change. Pure. Owner and staff are told nothing: it is not given in a chat. */

const ROLES = [
  ["moderator", "a moderator"],
  ["vip", "a VIP"],
] as const;

/** "You are a moderator of this channel now."; empty when nothing changed that a chat tells. */
export function roleWords(before: readonly string[], after: readonly string[]): string {
  const told: string[] = [];
  for (const [role, words] of ROLES) {
    if (before.includes(role) && !after.includes(role))
      told.push(`You are not ${words} of this channel any more.`);
  }
  for (const [role, words] of ROLES) {
    if (!before.includes(role) && after.includes(role)) told.push(`You are ${words} of this channel now.`);
  }
  return told.join(" ");
}
