/** What a banned person asked for last, and what was answered. */
import { t } from "@lingui/core/macro";
import { queryOptions } from "@tanstack/react-query";
import { ownUnbanRequests, type UnbanRequest } from "../api/chat";

/** The newest one of the room; null when there is none. */
export const lastRequest = (room: string) =>
  queryOptions({
    queryKey: ["unban-request", room],
    queryFn: async ({ signal }) => (await ownUnbanRequests(room, signal)).items.at(-1) ?? null,
    staleTime: 0,
  });

/** Where it stands, in a sentence; null for one that was granted: this is another ban. */
export function requestWords({ state, answer }: Pick<UnbanRequest, "state" | "answer">): string | null {
  if (state === "open") return t`The moderators have your request.`;
  if (state !== "denied") return null;
  return answer ? t`The moderators said no: “${answer}”` : t`The moderators said no to your request.`;
}
