/** What a person is told when their roles in a channel change. Pure. Owner and staff are told nothing: it is not given in a chat. */
import { t } from "@lingui/core/macro";

const ROLES: Array<{ role: string; gone: () => string; given: () => string }> = [
  {
    role: "moderator",
    gone: () => t`You are not a moderator of this channel any more.`,
    given: () => t`You are a moderator of this channel now.`,
  },
  {
    role: "vip",
    gone: () => t`You are not a VIP of this channel any more.`,
    given: () => t`You are a VIP of this channel now.`,
  },
];

/** "You are a moderator of this channel now."; empty when nothing changed that a chat tells. */
export function roleWords(before: readonly string[], after: readonly string[]): string {
  const gone = ROLES.filter(({ role }) => before.includes(role) && !after.includes(role));
  const given = ROLES.filter(({ role }) => !before.includes(role) && after.includes(role));
  return [...gone.map((told) => told.gone()), ...given.map((told) => told.given())].join(" ");
}
