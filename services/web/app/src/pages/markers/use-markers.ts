/** The markers of a broadcast, asked for again while it runs: others of the team set some, too. */
import { useQuery } from "@tanstack/react-query";
import { markers } from "../../api/desk";

const AGAIN_MS = 15_000;

export const markersKey = (broadcast: string) => ["markers", broadcast];

export function useMarkers(username: string, broadcast: string, running: boolean) {
  return useQuery({
    queryKey: markersKey(broadcast),
    queryFn: ({ signal }) => markers(username, broadcast, signal),
    staleTime: 0,
    refetchInterval: running ? AGAIN_MS : false,
  });
}
