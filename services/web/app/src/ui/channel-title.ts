/** The one rule for a channel's title: its own, or whose channel it is. */
import { t } from "@lingui/core/macro";
import type { Stream } from "../api/contract";

export function titleOf(stream: Pick<Stream, "title" | "display_name">): string {
  const name = stream.display_name;
  return stream.title.trim() || t`${name}’s channel`;
}
