/** An entry of the audit log as a sentence. Pure; actions that this list does not know are told by their name. */
import type { Act } from "../api/chat";
import { longSpan } from "./spans";

type Person = { display_name: string; username: string };

const DEEDS: Record<string, (whom: string, how: string) => string> = {
  delete: (whom) => (whom ? `deleted a message of ${whom}` : "deleted a message"),
  clear: (whom) => (whom ? `cleared the messages of ${whom}` : "cleared the chat"),
  clear_room: () => "cleared the chat",
  announce: () => "announced something",
  poll: () => "opened a poll",
  endpoll: () => "ended the poll",
  timeout: (whom, how) => `timed out ${whom}${how}`,
  untimeout: (whom) => `ended the time-out of ${whom}`,
  ban: (whom) => `banned ${whom}`,
  unban: (whom) => `unbanned ${whom}`,
  mod: (whom) => `made ${whom} a moderator`,
  unmod: (whom) => `removed ${whom} as moderator`,
  vip: (whom) => `made ${whom} a VIP`,
  unvip: (whom) => `removed ${whom} as VIP`,
  pin: () => "pinned a message",
  unpin: () => "took the pinned message down",
  approve: (whom) => `let a message of ${whom || "somebody"} through`,
  deny: (whom) => `kept a message of ${whom || "somebody"} out`,
  block_term: () => "added a blocked term",
  unblock_term: () => "removed a blocked term",
};

/** "Ada timed out Noor for 10 minutes: spam". */
export function actWords(act: Act, me: string | null = null): string {
  const who = act.actor?.id === me && me ? "You" : act.actor?.username ? nameOf(act.actor) : "Somebody";
  const person = act.user ?? (act.target && typeof act.target === "object" ? act.target : null);
  const whom = person?.username ? nameOf(person) : "";
  const seconds = act.until ? Math.round((Date.parse(act.until) - Date.parse(act.at)) / 1_000) : 0;
  const how = seconds > 0 ? ` for ${longSpan(seconds)}` : "";
  const deed =
    act.action === "settings"
      ? settingsWords(act)
      : act.action === "role"
        ? roleWords(act, whom || "somebody")
        : DEEDS[act.action]?.(whom || (WHOM.has(act.action) ? "somebody" : ""), how);
  const reason = act.reason ? `: ${act.reason}` : "";
  return `${who} ${deed ?? [`did "${act.action}"`, whom && `to ${whom}`].filter(Boolean).join(" ")}${reason}`;
}

function roleWords(act: Act, whom: string): string {
  const [before, after] = Object.values(act.changes ?? {})[0] ?? [];
  const named = (role: unknown) => (role === "vip" ? "a VIP" : `a ${String(role)}`);
  if (after) return `made ${whom} ${named(after)}`;
  return before ? `took from ${whom} the role of ${named(before)}` : `changed the role of ${whom}`;
}

/** "changed slow_s to 30": names of settings in words where there are some. */
function settingsWords(act: Act): string {
  const changes = Object.entries(act.changes ?? {}).map(([name, pair]) => {
    const [, after] = pair;
    const words = SETTINGS[name] ?? name;
    if (after === true) return `${words} on`;
    if (after === false || after === null || after === 0) return `${words} off`;
    if (name === "slow_s" && typeof after === "number") return `${words} to ${longSpan(after)}`;
    if (name === "followers_only_min" && typeof after === "number")
      return `${words} to ${longSpan(after * 60)}`;
    return `${words} to ${String(after)}`;
  });
  const verb = act.undid ? "took back a change of the modes" : "changed the modes";
  return changes.length > 0 ? `${verb} (${changes.join(", ")})` : verb;
}

const SETTINGS: Record<string, string> = {
  slow_s: "slow mode",
  followers_only_min: "followers only",
  verified_only: "confirmed e-mail only",
  emote_only: "emotes only",
  unique: "no repeats",
  links: "links",
  shield: "shield",
  images: "images",
  "rules.terms": "blocked terms",
  "rules.new_user_links": "links of new people",
  "rules.flood": "floods",
  "rules.caps": "capitals",
  "rules.repeats": "repeats",
};

/** These are done to a person. */
const WHOM = new Set(["timeout", "untimeout", "ban", "unban", "mod", "unmod", "vip", "unvip"]);

function nameOf(person: Person): string {
  return person.display_name || person.username;
}
