/** What happened to the stream, as a sentence. Pure; the server's own words come first where it has some. */
import { plural, t } from "@lingui/core/macro";
import type { NoticeFrame } from "./frames";

export function noticeWords(notice: NoticeFrame): string {
  if (notice.text) return notice.text;
  const title = "title" in notice ? (notice.title ?? "") : "";
  switch (notice.kind) {
    case "live":
      return title ? t`Live now: ${title}` : t`Live now.`;
    case "reconnecting":
      return t`The broadcaster lost the connection. Hang on.`;
    case "back":
      return t`The broadcaster is back.`;
    case "ended":
      return t`The broadcast has ended. The chat stays open.`;
    case "title":
      return t`New title: ${title}`;
    case "follow": {
      const { user, more = 0 } = notice;
      const name = user ? user.display_name || user.username : t`Somebody`;
      return plural(more, {
        0: `${name} follows now.`,
        one: `${name} and # other follow now.`,
        other: `${name} and # others follow now.`,
      });
    }
  }
}
