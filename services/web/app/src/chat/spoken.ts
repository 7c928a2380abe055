/**
 * What a screen reader says of the chat. Reading every line of a busy room would drown everything else, so what came since the last
 * time is told at once: the lines themselves when they are few, their number when they are many, and always who spoke to the listener.
 * Pure; the caller asks every few seconds.
 */
import { plural, t } from "@lingui/core/macro";
import type { ChatUser } from "./frames";
import type { Line } from "./log";
import { noticeWords } from "./notice-words";
import { mentionsMe } from "./pieces";

/** More lines than this are counted, not read. */
const READ = 3;
/** Characters of one line that are read. */
const LENGTH = 140;

export function spoken(lines: readonly Line[], me: { id: string; username: string } | null): string {
  const heard = lines.filter(
    (line) => !(line.kind === "message" && (line.removed || line.user.id === me?.id)),
  );
  if (heard.length === 0) return "";
  const toMe = heard.filter((line) => line.kind === "message" && mentionsMe(line, me));
  if (heard.length <= READ) return heard.map((line) => sentence(line, toMe.includes(line))).join(" ");
  const named = toMe.slice(-2).map((line) => sentence(line, true));
  return [...named, plural(heard.length, { one: "# new message.", other: "# new messages." })].join(" ");
}

function sentence(line: Line, toMe: boolean): string {
  switch (line.kind) {
    case "message": {
      const name = spokenName(line.user);
      const text = cut(line.text || t`an image`);
      return ended(toMe ? t`${name} to you: ${text}` : `${name}: ${text}`);
    }
    case "notice":
      return ended(cut(noticeWords(line.notice)));
    case "poll":
      return ended(cut(t`Poll: ${line.poll.question}`));
    case "aside":
      return ended(cut(line.text));
  }
}

/** The name; a bot is called one, whatever it calls itself. */
export function spokenName(user: Pick<ChatUser, "username" | "display_name" | "badges">): string {
  const name = user.display_name || user.username;
  return user.badges?.includes("bot") ? t`${name}, a bot` : name;
}

function cut(text: string): string {
  return text.length > LENGTH ? `${text.slice(0, LENGTH)}…` : text;
}

function ended(text: string): string {
  return /[.?!…]$/.test(text) ? text : `${text}.`;
}
