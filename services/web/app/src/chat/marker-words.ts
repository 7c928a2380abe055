/** What is said of markers: one that was set, a label that is too long, and why none was set. Also for the pages that list them. */
import { t } from "@lingui/core/macro";
import { MAX_LABEL, type Marker } from "../api/desk";
import { Problem, sentence } from "../api/problem";
import { clockOf } from "../ui/figures";

/** What is wrong with a label before the server is asked; it counts characters, not graphemes. */
export function labelRefused(label: string): string | undefined {
  const over = [...label.trim()].length - MAX_LABEL;
  return over > 0 ? t`A label has at most ${MAX_LABEL} characters. Take ${over} away.` : undefined;
}

/** "Marked at 1:23:45: the first jump". */
export function marked({ offset_ms, label }: Pick<Marker, "offset_ms" | "label">): string {
  const time = clockOf(offset_ms);
  return label ? t`Marked at ${time}: ${label}` : t`Marked at ${time}`;
}

/** Why no marker was set or changed, and what to do. */
export function notMarked(error: unknown): string {
  if (!(error instanceof Problem)) return sentence(error);
  switch (error.code) {
    case "channel_offline":
      return t`Nothing is on air here. Markers are set while it is.`;
    case "too_many_markers":
      return t`This broadcast has as many markers as it may have. Delete one that you do not need.`;
    case "forbidden":
      return t`Only the channel's owner and its moderators set markers.`;
    default:
      return error.field("label") ?? sentence(error);
  }
}
