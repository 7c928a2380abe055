/**
 * The slash commands, with what they take, an example, and who may use them. Pure; the server decides, this list only helps to type.
 * Commands that take a message's id are not here: people see no ids, they point at the message.
 */
import type { MessageDescriptor } from "@lingui/core";
import { msg, t } from "@lingui/core/macro";
import { say } from "../language/say";
import { moderates } from "./frames";

export interface Command {
  name: string;
  /** What follows the name, in the words of the hint. */
  takes: Said;
  /** What may follow the name, as one would type it. */
  example: Said | string;
  does: MessageDescriptor;
  for: "all" | "moderators" | "owner";
  /** Only while the channel is live. */
  live: boolean;
}

/** Who asks, and of what. */
export interface Asker {
  roles: readonly string[];
  /** Whether the channel is live. */
  live: boolean;
}

type Said = MessageDescriptor | "";
type Row = [name: string, takes: Said, example: Said | string, does: MessageDescriptor];
const USER = msg`user`;
const USER_REASON = msg`user, reason`;
const USER_TIME_REASON = msg`user, time, reason`;
const USER_OR_NOTHING = msg`user, or nothing`;
/** What takes one of these has a user first. */
const USERS: Said[] = [USER, USER_REASON, USER_TIME_REASON, USER_OR_NOTHING];
const TIME = msg`time, or off`;
const SWITCH = msg`on or off`;
const TEXT = msg`text`;

const ALL: Row[] = [
  ["me", TEXT, msg`waves`, msg`Say what you do`],
  ["block", USER, "dan", msg`Hide a person's messages from you`],
  ["unblock", USER, "dan", msg`Show them again`],
  // not a text: typed as it is, in every language
  ["report", USER_REASON, "dan spam", msg`Tell the moderators`],
  ["mods", "", "", msg`Who moderates here`],
  ["vips", "", "", msg`Who is a VIP here`],
  ["help", "", "", msg`What you can use here`],
];
const MODERATORS: Row[] = [
  ["timeout", USER_TIME_REASON, "dan 10m spam", msg`Keep somebody from writing for a while`],
  ["untimeout", USER, "dan", msg`Let them write again`],
  ["ban", USER_REASON, msg`dan rude words`, msg`Keep somebody out`],
  ["unban", USER_REASON, "dan", msg`Let them back in`],
  ["clear", USER_OR_NOTHING, "dan", msg`Take a person's messages away, or all`],
  ["slow", TIME, "10s", msg`A pause between each person's messages`],
  ["followers", TIME, "10m", msg`Only followers write`],
  ["verified", SWITCH, "on", msg`Only confirmed e-mail addresses write`],
  ["emoteonly", SWITCH, "on", msg`Only emotes`],
  ["unique", SWITCH, "on", msg`Nobody says the same again`],
  ["links", msg`allow, hold or refuse`, "hold", msg`What becomes of links`],
  ["shield", SWITCH, "on", msg`All strict modes at once`],
  ["unpin", "", "", msg`Take the pinned message down`],
  ["announce", TEXT, msg`we start in five minutes`, msg`Say something that stands out`],
  ["poll", msg`question | answer | answer …`, msg`Tea or coffee? | Tea | Coffee`, msg`Ask the room`],
  ["endpoll", "", "", msg`End the poll now`],
];
/** For moderators, too. */
const MODERATORS_LIVE: Row[] = [
  ["marker", msg`text, or nothing`, msg`the first jump`, msg`Mark this moment of the broadcast`],
];
const OWNER: Row[] = [
  ["mod", USER, "dan", msg`Make somebody a moderator`],
  ["unmod", USER, "dan", msg`No longer a moderator`],
  ["vip", USER, "dan", msg`Make somebody a VIP`],
  ["unvip", USER, "dan", msg`No longer a VIP`],
];

const listed = (rows: Row[], whom: Command["for"], live = false): Command[] =>
  rows.map(([name, takes, example, does]) => ({ name, takes, example, does, for: whom, live }));

export const COMMANDS: readonly Command[] = [
  ...listed(ALL, "all"),
  ...listed(MODERATORS, "moderators"),
  ...listed(MODERATORS_LIVE, "moderators", true),
  ...listed(OWNER, "owner"),
];

/** A cell of the table in the language of now. */
export const words = (cell: Said | string): string => (typeof cell === "string" ? cell : say(cell));

/** What a person with these roles may use now. */
export function commandsFor({ roles, live }: Asker): Command[] {
  const owns = roles.includes("owner") || roles.includes("staff");
  const may = { all: true, moderators: moderates(roles), owner: owns };
  return COMMANDS.filter((c) => may[c.for] && (live || !c.live));
}

/** Commands that take a user first, for the completion of names behind them. */
export function takesUser(name: string): boolean {
  return COMMANDS.some((c) => c.name === name && USERS.includes(c.takes));
}

/** "/slow 10s"; null for a command that the list does not have, or that takes nothing. */
export function exampleOf(name: string): string | null {
  const command = COMMANDS.find((c) => c.name === name);
  return command?.example ? `/${name} ${words(command.example)}` : null;
}

/** What `/help` says here: an example a line, and where the rest is. */
export function help(asker: Asker): string {
  const lines = commandsFor(asker).map((c) => `${exampleOf(c.name) ?? `/${c.name}`}: ${say(c.does)}`);
  const acts = moderates(asker.roles)
    ? t`Point at a message, or tap it, to answer, delete, pin or report it, or time somebody out.`
    : t`Point at a message, or tap it, to answer or report it.`;
  return [...lines, acts].join("\n");
}
