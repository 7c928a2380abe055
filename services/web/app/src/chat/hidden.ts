/** What is left of a room for somebody who has hidden some of its people. Pure; the server tells everybody the same. */
import type { MessageFrame } from "./frames";
import type { Line } from "./log";

type People = ReadonlySet<string>;

/** The lines without what the hidden people said, and without the news that one of them follows. The same array when nobody is hidden. */
export function withoutHidden(lines: readonly Line[], hidden: People): readonly Line[] {
  if (hidden.size === 0) return lines;
  return lines.filter((line) => {
    if (line.kind === "message") return !hidden.has(line.user.id);
    // Others in the same notice are still news.
    return line.kind !== "notice" || line.notice.more || !hidden.has(line.notice.user?.id ?? "");
  });
}

/** Whether it answers one of them: its quote is theirs too. */
export function quotesHidden(message: Pick<MessageFrame, "reply">, hidden: People): boolean {
  return message.reply !== undefined && hidden.has(message.reply.user.id);
}
