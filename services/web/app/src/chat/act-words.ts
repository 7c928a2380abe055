/** An entry of the audit log as a sentence. Pure; actions that this list does not know are told by their name. */
import type { Act } from "../api/chat";
import { longSpan } from "./spans";

type Person = { display_name: string; username: string };

const DEEDS: Record<string, (whom: string, how: string) => string> = {
  delete: (whom) => (whom ? `deleted a message of ${whom}` : "deleted a message"),
  clear: (whom) => (whom ? `cleared the messages of ${whom}` : "cleared the chat"),
  timeout: (whom, how) => `timed out ${whom}${how}`,
  untimeout: (whom) => `ended the time-out of ${whom}`,
  ban: (whom) => `banned ${whom}`,
  unban: (whom) => `unbanned ${whom}`,
  mod: (whom) => `made ${whom} a moderator`,
  unmod: (whom) => `removed ${whom} as moderator`,
  vip: (whom) => `made ${whom} a VIP`,
  unvip: (whom) => `removed ${whom} as VIP`,
  settings: () => "changed the chat's modes",
  shield: () => "switched the shield",
  pin: () => "pinned a message",
  unpin: () => "took the pinned message down",
  approve: (whom) => `let a message of ${whom || "somebody"} through`,
  deny: (whom) => `kept a message of ${whom || "somebody"} out`,
  term_add: () => "added a blocked term",
  term_delete: () => "removed a blocked term",
};

/** "Ada timed out Noor for 10 minutes: spam". */
export function actWords(act: Act, me: string | null = null): string {
  const who = act.actor ? (act.actor.id === me ? "You" : nameOf(act.actor)) : "The server";
  const whom =
    act.target && typeof act.target === "object" && "username" in act.target ? nameOf(act.target) : "";
  const seconds = act.until ? Math.round((Date.parse(act.until) - Date.parse(act.at)) / 1_000) : 0;
  const how = seconds > 0 ? ` for ${longSpan(seconds)}` : "";
  const deed = DEEDS[act.action]?.(whom || (WHOM.has(act.action) ? "somebody" : ""), how);
  const reason = act.reason ? `: ${act.reason}` : "";
  return `${who} ${deed ?? [`did "${act.action}"`, whom && `to ${whom}`].filter(Boolean).join(" ")}${reason}`;
}

/** These are done to a person. */
const WHOM = new Set(["timeout", "untimeout", "ban", "unban", "mod", "unmod", "vip", "unvip"]);

function nameOf(person: Person): string {
  return person.display_name || person.username;
}
