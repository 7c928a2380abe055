/** The one rule for a channel's title: its own, or whose channel it is. */
import { t } from "@lingui/core/macro";
import type { Stream } from "../api/contract";
import { cut } from "./cut";

export function titleOf(stream: Pick<Stream, "title" | "display_name">): string {
  const name = cut(stream.display_name);
  return cut(stream.title.trim()) || t`${name}’s channel`;
}
