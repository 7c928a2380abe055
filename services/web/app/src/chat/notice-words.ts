/** What happened to the stream, as a sentence. Pure; the server's own words come first where it has some. */
import type { NoticeFrame } from "./frames";

export function noticeWords(notice: NoticeFrame): string {
  if (notice.text) return notice.text;
  switch (notice.kind) {
    case "live":
      return notice.title ? `Live now: ${notice.title}` : "Live now.";
    case "reconnecting":
      return "The broadcaster lost the connection. Hang on.";
    case "back":
      return "The broadcaster is back.";
    case "ended":
      return "The broadcast has ended. The chat stays open.";
    case "title":
      return `New title: ${notice.title ?? ""}`;
    case "follow": {
      const { user, more = 0 } = notice;
      const name = user ? user.display_name || user.username : "Somebody";
      if (more === 0) return `${name} follows now.`;
      return `${name} and ${more} ${more === 1 ? "other" : "others"} follow now.`;
    }
  }
}
