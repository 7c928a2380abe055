/**
 * The slash commands, with what they take, an example, and who may use them. Pure; the server decides, this list only helps to type.
 * Commands that take a message's id are not here: people see no ids, they point at the message.
 */
import { moderates } from "./frames";

export interface Command {
  name: string;
  /** What follows the name, in the words of the hint. */
  takes: string;
  /** What may follow the name, as one would type it. */
  example: string;
  does: string;
  for: "all" | "moderators" | "owner";
}

type Row = [name: string, takes: string, example: string, does: string];
const ALL: Row[] = [
  ["me", "text", "waves", "Say what you do"],
  ["block", "user", "dan", "Hide a person's messages from you"],
  ["unblock", "user", "dan", "Show them again"],
  ["report", "user, reason", "dan spam", "Tell the moderators"],
  ["mods", "", "", "Who moderates here"],
  ["vips", "", "", "Who is a VIP here"],
  ["help", "", "", "What you can use here"],
];
const MODERATORS: Row[] = [
  ["timeout", "user, time, reason", "dan 10m spam", "Keep somebody from writing for a while"],
  ["untimeout", "user", "dan", "Let them write again"],
  ["ban", "user, reason", "dan rude words", "Keep somebody out"],
  ["unban", "user, reason", "dan", "Let them back in"],
  ["clear", "user, or nothing", "dan", "Take a person's messages away, or all"],
  ["slow", "time, or off", "10s", "A pause between each person's messages"],
  ["followers", "time, or off", "10m", "Only followers write"],
  ["verified", "on or off", "on", "Only confirmed e-mail addresses write"],
  ["emoteonly", "on or off", "on", "Only emotes"],
  ["unique", "on or off", "on", "Nobody says the same again"],
  ["links", "allow, hold or refuse", "hold", "What becomes of links"],
  ["shield", "on or off", "on", "All strict modes at once"],
  ["unpin", "", "", "Take the pinned message down"],
  ["announce", "text", "we start in five minutes", "Say something that stands out"],
  ["poll", "question | answer | answer …", "Tea or coffee? | Tea | Coffee", "Ask the room"],
  ["endpoll", "", "", "End the poll now"],
];
const OWNER: Row[] = [
  ["mod", "user", "dan", "Make somebody a moderator"],
  ["unmod", "user", "dan", "No longer a moderator"],
  ["vip", "user", "dan", "Make somebody a VIP"],
  ["unvip", "user", "dan", "No longer a VIP"],
];

const listed = (rows: Row[], whom: Command["for"]): Command[] =>
  rows.map(([name, takes, example, does]) => ({ name, takes, example, does, for: whom }));

export const COMMANDS: readonly Command[] = [
  ...listed(ALL, "all"),
  ...listed(MODERATORS, "moderators"),
  ...listed(OWNER, "owner"),
];

/** What a person with these roles may use. */
export function commandsFor(roles: readonly string[]): Command[] {
  const owns = roles.includes("owner") || roles.includes("staff");
  return COMMANDS.filter((c) => c.for === "all" || (c.for === "owner" ? owns : moderates(roles)));
}

/** Commands that take a user first, for the completion of names behind them. */
export function takesUser(name: string): boolean {
  return COMMANDS.some((c) => c.name === name && c.takes.startsWith("user"));
}

/** "/slow 10s"; null for a command that the list does not have, or that takes nothing. */
export function exampleOf(name: string): string | null {
  const command = COMMANDS.find((c) => c.name === name);
  return command?.example ? `/${name} ${command.example}` : null;
}

/** What `/help` says here: an example a line, and where the rest is. */
export function help(roles: readonly string[]): string {
  const lines = commandsFor(roles).map((c) => `${exampleOf(c.name) ?? `/${c.name}`}: ${c.does}`);
  const acts = moderates(roles)
    ? "answer, delete, pin or report it, or time somebody out"
    : "answer or report it";
  return [...lines, `Point at a message, or tap it, to ${acts}.`].join("\n");
}
