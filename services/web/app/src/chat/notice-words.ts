/** What happened to the stream, as a sentence. Pure; the server's own words come first where it has some. */
import type { NoticeFrame } from "./frames";

export function noticeWords(notice: NoticeFrame): string {
  if (notice.text) return notice.text;
  switch (notice.kind) {
    case "live":
      return notice.title ? `Live now: ${notice.title}` : "Live now.";
    case "reconnecting":
      return "The broadcaster lost the connection. Hang on.";
    case "ended":
      return "The broadcast has ended. The chat stays open.";
    case "title":
      return `New title: ${notice.title ?? ""}`;
    case "follow": {
      const { user } = notice;
      return `${user ? user.display_name || user.username : "Somebody"} follows now.`;
    }
  }
}
