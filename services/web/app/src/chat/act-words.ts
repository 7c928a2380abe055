/** An entry of the audit log as a sentence that says who did what to what. Pure; actions that this list does not know are told by their name. */
import type { Act } from "../api/chat";
import { longSpan } from "./spans";

type Person = { display_name: string; username: string };

interface Facts {
  /** The person it concerns, by name; empty without one. */
  whom: string;
  /** "dan", or "somebody". */
  one: string;
  /** ` for 10 minutes`, of what ends. */
  how: string;
  /** What it was done to where that is a text: a term, an emote. */
  what: string;
  /** `: “what it said”`, of a message that waited. */
  said: string;
  /** ` “the question”`, of a poll. */
  asked: string;
  /** ` about dan`, of a report. */
  about: string;
  /** ` from 14:03`, of a message. */
  from: string;
  own: string;
}

const DEEDS: Record<string, (facts: Facts) => string> = {
  delete: ({ whom, from, own }) => `deleted a message of ${whom || own}${from}`,
  clear: ({ whom }) => (whom ? `cleared the messages of ${whom}` : "cleared the chat"),
  clear_room: () => "cleared the chat",
  announce: () => "announced something",
  poll_open: ({ asked }) => `opened the poll${asked}`,
  poll_close: ({ asked }) => `ended the poll${asked}`,
  poll_cancel: ({ asked }) => `called off the poll${asked}`,
  timeout: ({ one, how }) => `timed out ${one}${how}`,
  untimeout: ({ one }) => `ended the time-out of ${one}`,
  ban: ({ one }) => `banned ${one}`,
  unban: ({ one }) => `unbanned ${one}`,
  unban_denied: ({ one }) => `said no to ${one}, who asked to come back`,
  pin: ({ whom, from }) => `pinned a message${whom && ` of ${whom}`}${from}`,
  unpin: () => "took the pinned message down",
  approve: ({ one, said }) => `let a message of ${one} through${said}`,
  deny: ({ one, said }) => `kept a message of ${one} out${said}`,
  report_acted: ({ about }) => `acted on a report${about}`,
  report_dismissed: ({ about }) => `found nothing wrong in a report${about}`,
  report_escalated: ({ about }) => `handed a report${about} to the platform's staff`,
  block_term: ({ what }) => `blocked the term “${what}”`,
  unblock_term: ({ what }) => `unblocked the term “${what}”`,
  emote_add: ({ what }) => `added the emote :${what}:`,
  emote_remove: ({ what }) => `removed the emote :${what}:`,
  issue_bot: ({ whom }) => (whom ? `made the bot ${whom}` : "made a bot"),
  revoke_bot: ({ whom }) => (whom ? `revoked the bot ${whom}` : "revoked a bot"),
};

/** "Ada timed out Noor for 10 minutes: spam". */
export function actWords(act: Act, me: string | null = null): string {
  const mine = me !== null && act.actor?.id === me;
  const who = mine ? "You" : act.actor?.username ? nameOf(act.actor) : "Somebody";
  const facts = factsOf(act, mine);
  const deed =
    act.action === "settings"
      ? settingsWords(act)
      : act.action === "role"
        ? roleWords(act, facts.one)
        : (DEEDS[act.action]?.(facts) ?? unknown(act, facts));
  return `${who} ${deed}${act.reason ? `: ${act.reason}` : ""}`;
}

/** Milliseconds since 1970 of a message, which its id begins with; null for what is no id of one. */
export function saidAt(id: unknown): number | null {
  return typeof id === "string" && /^[0-9a-f]{18}$/.test(id) ? Number.parseInt(id.slice(0, 12), 16) : null;
}

function factsOf(act: Act, mine: boolean): Facts {
  const person = act.user ?? (act.target && typeof act.target === "object" ? act.target : null);
  const whom = person?.username ? nameOf(person) : "";
  const seconds = act.until ? Math.round((Date.parse(act.until) - Date.parse(act.at)) / 1_000) : 0;
  const at = saidAt(act.target);
  return {
    whom,
    one: whom || "somebody",
    how: seconds > 0 ? ` for ${longSpan(seconds)}` : "",
    what: typeof act.target === "string" ? act.target : "",
    said: act.text ? `: “${act.text}”` : "",
    asked: act.question ? ` “${act.question}”` : "",
    about: whom && ` about ${whom}`,
    from: at === null ? "" : ` from ${moment(at, Date.parse(act.at))}`,
    own: mine ? "your own" : "their own",
  };
}

/** The time of day, with its date where that was another day than the act's. */
function moment(at: number, done: number): string {
  const day = done - at > 12 * 3_600_000 ? ({ dateStyle: "medium" } as const) : {};
  return new Date(at).toLocaleString(undefined, { ...day, timeStyle: "short" });
}

function unknown({ action }: Act, { whom }: Facts): string {
  return [`did “${action.replaceAll("_", " ")}”`, whom && `to ${whom}`].filter(Boolean).join(" ");
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

function nameOf(person: Person): string {
  return person.display_name || person.username;
}
