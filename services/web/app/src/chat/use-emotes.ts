/** The emotes of a room: everybody's and the channel's own. Asked for when somebody is about to write, not before. */
import { useQuery } from "@tanstack/react-query";
import { emotes } from "../api/chat";

export const emotesKey = (room: string) => ["emotes", room] as const;

export function useEmotes(room: string, wanted: boolean) {
  return useQuery({
    queryKey: emotesKey(room),
    queryFn: ({ signal }) => emotes(room, signal),
    enabled: wanted,
    staleTime: Number.POSITIVE_INFINITY,
  });
}
