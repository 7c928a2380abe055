/** The one rule for a channel's title: its own, or whose channel it is. */
import type { Stream } from "../api/contract";

export function titleOf(stream: Pick<Stream, "title" | "display_name">): string {
  return stream.title.trim() || `${stream.display_name}’s channel`;
}
