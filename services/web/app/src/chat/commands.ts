/** The slash commands, with what they take and who may use them. Pure; the server decides, this list only helps to type. */
import { moderates } from "./frames";

export interface Command {
  name: string;
  /** What follows the name, in the words of the hint. */
  takes: string;
  does: string;
  for: "all" | "moderators" | "owner";
}

export const COMMANDS: readonly Command[] = [
  { name: "me", takes: "text", does: "Say what you do", for: "all" },
  { name: "block", takes: "user", does: "Hide a person's messages from you", for: "all" },
  { name: "unblock", takes: "user", does: "Show them again", for: "all" },
  { name: "report", takes: "user or message, reason", does: "Tell the moderators", for: "all" },
  { name: "mods", takes: "", does: "Who moderates here", for: "all" },
  { name: "vips", takes: "", does: "Who is a VIP here", for: "all" },
  { name: "help", takes: "", does: "What you can use here", for: "all" },
  {
    name: "timeout",
    takes: "user, time, reason",
    does: "Keep somebody from writing for a while",
    for: "moderators",
  },
  { name: "untimeout", takes: "user", does: "Let them write again", for: "moderators" },
  { name: "ban", takes: "user, reason", does: "Keep somebody out", for: "moderators" },
  { name: "unban", takes: "user, reason", does: "Let them back in", for: "moderators" },
  { name: "delete", takes: "message", does: "Take a message away", for: "moderators" },
  {
    name: "clear",
    takes: "user, or nothing",
    does: "Take a person's messages away, or all",
    for: "moderators",
  },
  { name: "slow", takes: "time, or off", does: "A pause between each person's messages", for: "moderators" },
  { name: "followers", takes: "time, or off", does: "Only followers write", for: "moderators" },
  { name: "verified", takes: "on or off", does: "Only confirmed e-mail addresses write", for: "moderators" },
  { name: "emoteonly", takes: "on or off", does: "Only emotes", for: "moderators" },
  { name: "unique", takes: "on or off", does: "Nobody says the same again", for: "moderators" },
  { name: "links", takes: "allow, hold or refuse", does: "What becomes of links", for: "moderators" },
  { name: "shield", takes: "on or off", does: "All strict modes at once", for: "moderators" },
  { name: "pin", takes: "message", does: "Keep a message on top", for: "moderators" },
  { name: "unpin", takes: "", does: "Take it down", for: "moderators" },
  { name: "announce", takes: "text", does: "Say something that stands out", for: "moderators" },
  { name: "poll", takes: "question | answer | answer …", does: "Ask the room", for: "moderators" },
  { name: "endpoll", takes: "", does: "End the poll now", for: "moderators" },
  { name: "mod", takes: "user", does: "Make somebody a moderator", for: "owner" },
  { name: "unmod", takes: "user", does: "No longer a moderator", for: "owner" },
  { name: "vip", takes: "user", does: "Make somebody a VIP", for: "owner" },
  { name: "unvip", takes: "user", does: "No longer a VIP", for: "owner" },
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
