/**
 * An entry of the audit log as a sentence that says who did what to what. Pure; actions that this list does not know are told by their name.
 *
 * Every deed is a whole sentence of the catalogue, not a verb put behind a name: other languages have other orders.
 */
import type { MessageDescriptor } from "@lingui/core";
import { msg, t } from "@lingui/core/macro";
import type { Act } from "../api/chat";
import { say } from "../language/say";
import { clock, dateTime } from "../ui/figures";
import { longSpan } from "./spans";

type Person = { display_name: string; username: string };

interface Facts {
  /** Who did it: a name, "You" or "Somebody". */
  who: string;
  mine: boolean;
  /** The person it concerns, by name; empty without one. */
  whom: string;
  /** "dan", or "somebody". */
  one: string;
  /** "10 minutes", of what ends; else empty. */
  time: string;
  /** What it was done to where that is a text: a term, an emote. */
  what: string;
  /** What a message said that waited. */
  text: string;
  /** The question of a poll. */
  question: string;
  /** "14:03", of a message. */
  at: string;
}

const DEEDS: Record<string, (facts: Facts) => string> = {
  delete: (facts) => from(deleted(facts), facts),
  clear: ({ who, whom }) => (whom ? t`${who} cleared the messages of ${whom}` : t`${who} cleared the chat`),
  clear_room: ({ who }) => t`${who} cleared the chat`,
  announce: ({ who }) => t`${who} announced something`,
  poll_open: ({ who, question }) =>
    question ? t`${who} opened the poll “${question}”` : t`${who} opened the poll`,
  poll_close: ({ who, question }) =>
    question ? t`${who} ended the poll “${question}”` : t`${who} ended the poll`,
  poll_cancel: ({ who, question }) =>
    question ? t`${who} called off the poll “${question}”` : t`${who} called off the poll`,
  timeout: ({ who, one, time }) =>
    time ? t`${who} timed out ${one} for ${time}` : t`${who} timed out ${one}`,
  untimeout: ({ who, one }) => t`${who} ended the time-out of ${one}`,
  ban: ({ who, one }) => t`${who} banned ${one}`,
  unban: ({ who, one }) => t`${who} unbanned ${one}`,
  unban_denied: ({ who, one }) => t`${who} said no to ${one}, who asked to come back`,
  pin: (facts) => from(pinned(facts), facts),
  unpin: ({ who }) => t`${who} took the pinned message down`,
  approve: ({ who, one, text }) =>
    text ? t`${who} let a message of ${one} through: “${text}”` : t`${who} let a message of ${one} through`,
  deny: ({ who, one, text }) =>
    text ? t`${who} kept a message of ${one} out: “${text}”` : t`${who} kept a message of ${one} out`,
  report_acted: ({ who, whom }) =>
    whom ? t`${who} acted on a report about ${whom}` : t`${who} acted on a report`,
  report_dismissed: ({ who, whom }) =>
    whom
      ? t`${who} found nothing wrong in a report about ${whom}`
      : t`${who} found nothing wrong in a report`,
  report_escalated: ({ who, whom }) =>
    whom
      ? t`${who} handed a report about ${whom} to the platform's staff`
      : t`${who} handed a report to the platform's staff`,
  block_term: ({ who, what }) => t`${who} blocked the term “${what}”`,
  unblock_term: ({ who, what }) => t`${who} unblocked the term “${what}”`,
  emote_add: ({ who, what }) => t`${who} added the emote :${what}:`,
  emote_remove: ({ who, what }) => t`${who} removed the emote :${what}:`,
  issue_bot: ({ who, whom }) => (whom ? t`${who} made the bot ${whom}` : t`${who} made a bot`),
  revoke_bot: ({ who, whom }) => (whom ? t`${who} revoked the bot ${whom}` : t`${who} revoked a bot`),
};

function deleted({ who, whom, mine }: Facts): string {
  if (whom) return t`${who} deleted a message of ${whom}`;
  return mine ? t`You deleted a message of your own` : t`${who} deleted a message of their own`;
}

function pinned({ who, whom }: Facts): string {
  return whom ? t`${who} pinned a message of ${whom}` : t`${who} pinned a message`;
}

function from(deed: string, { at }: Facts): string {
  return at ? t`${deed} from ${at}` : deed;
}

/** "Ada timed out Noor for 10 minutes: spam". */
export function actWords(act: Act, me: string | null = null): string {
  const mine = me !== null && act.actor?.id === me;
  const who = mine ? t`You` : act.actor?.username ? nameOf(act.actor) : t`Somebody`;
  const facts = factsOf(act, who, mine);
  const deed =
    act.action === "settings"
      ? settingsWords(act, who)
      : act.action === "role"
        ? roleWords(act, facts)
        : (DEEDS[act.action]?.(facts) ?? unknown(act, facts));
  const { reason } = act;
  return reason ? t`${deed}: ${reason}` : deed;
}

/** Milliseconds since 1970 of a message, which its id begins with; null for what is no id of one. */
export function saidAt(id: unknown): number | null {
  return typeof id === "string" && /^[0-9a-f]{18}$/.test(id) ? Number.parseInt(id.slice(0, 12), 16) : null;
}

function factsOf(act: Act, who: string, mine: boolean): Facts {
  const person = act.user ?? (act.target && typeof act.target === "object" ? act.target : null);
  const whom = person?.username ? nameOf(person) : "";
  const seconds = act.until ? Math.round((Date.parse(act.until) - Date.parse(act.at)) / 1_000) : 0;
  const at = saidAt(act.target);
  return {
    who,
    mine,
    whom,
    one: whom || t`somebody`,
    time: seconds > 0 ? longSpan(seconds) : "",
    what: typeof act.target === "string" ? act.target : "",
    text: act.text ?? "",
    question: act.question ?? "",
    at: at === null ? "" : moment(at, Date.parse(act.at)),
  };
}

/** The time of day, with its date where that was another day than the act's. */
function moment(at: number, done: number): string {
  return done - at > 12 * 3_600_000 ? dateTime(at) : clock(at);
}

function unknown({ action }: Act, { who, whom }: Facts): string {
  const deed = action.replaceAll("_", " ");
  return whom ? t`${who} did “${deed}” to ${whom}` : t`${who} did “${deed}”`;
}

function roleWords(act: Act, { who, one }: Facts): string {
  const [before, after] = Object.values(act.changes ?? {})[0] ?? [];
  if (after === "vip") return t`${who} made ${one} a VIP`;
  if (after === "moderator") return t`${who} made ${one} a moderator`;
  if (before === "vip") return t`${who} took from ${one} the role of a VIP`;
  if (before === "moderator") return t`${who} took from ${one} the role of a moderator`;
  return t`${who} changed the role of ${one}`;
}

/** "Ada changed the modes (slow mode to 30 seconds)": names of settings in words where there are some. */
function settingsWords(act: Act, who: string): string {
  const changes = Object.entries(act.changes ?? {})
    .map(([name, [, after]]) => changeWords(say(SETTINGS[name]) ?? name, settingOf(name, after)))
    .join(", ");
  if (act.undid)
    return changes
      ? t`${who} took back a change of the modes (${changes})`
      : t`${who} took back a change of the modes`;
  return changes ? t`${who} changed the modes (${changes})` : t`${who} changed the modes`;
}

function changeWords(mode: string, value: string | boolean): string {
  if (value === true) return t`${mode} on`;
  return value === false ? t`${mode} off` : t`${mode} to ${value}`;
}

function settingOf(name: string, after: unknown): string | boolean {
  if (after === true) return true;
  if (after === false || after === null || after === 0) return false;
  if (name === "slow_s" && typeof after === "number") return longSpan(after);
  if (name === "followers_only_min" && typeof after === "number") return longSpan(after * 60);
  return say(VALUES[String(after)]) ?? String(after);
}

/** What links and what a rule meets become. */
const VALUES: Record<string, MessageDescriptor> = {
  allow: msg`allow`,
  hold: msg`hold`,
  refuse: msg`refuse`,
};

const SETTINGS: Record<string, MessageDescriptor> = {
  slow_s: msg`slow mode`,
  followers_only_min: msg`followers only`,
  verified_only: msg`confirmed e-mail only`,
  emote_only: msg`emotes only`,
  unique: msg`no repeats`,
  links: msg`links`,
  shield: msg`shield`,
  images: msg`images`,
  "rules.terms": msg`blocked terms`,
  "rules.new_user_links": msg`links of new people`,
  "rules.flood": msg`floods`,
  "rules.caps": msg`capitals`,
  "rules.repeats": msg`repeats`,
};

function nameOf(person: Person): string {
  return person.display_name || person.username;
}
