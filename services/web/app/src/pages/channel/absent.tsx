/**
 * A channel whose account is suspended or closed: to others it looks offline, and says nothing of itself. The list of people, which
 * leaves such accounts out, is asked; only of channels that are offline.
 */
import { t } from "@lingui/core/macro";
import { useQuery } from "@tanstack/react-query";
import { CircleSlash } from "lucide-react";
import { useEffect } from "react";
import { isThere } from "../../api/channels";

/** Asks, and tells. While nothing is known it is there. */
export function AskWhetherThere({ username, tell }: { username: string; tell: (absent: boolean) => void }) {
  const there = useQuery({
    queryKey: ["there", username],
    queryFn: ({ signal }) => isThere(username, signal),
    staleTime: 30_000,
    retry: false,
  });
  const absent = there.data === false;
  useEffect(() => {
    tell(absent);
    return () => tell(false);
  }, [absent, tell]);
  return null;
}

/** In place of the picture. */
export function Absent() {
  return (
    <section
      role="status"
      data-testid="channel-absent"
      className="flex aspect-video w-full flex-col items-center justify-center gap-3 bg-[oklch(0.13_0.01_265)] p-6 text-center text-white"
    >
      <CircleSlash aria-hidden className="size-7 text-white/75" />
      <h2 className="text-base font-semibold sm:text-lg">{t`This channel is not available`}</h2>
      <p className="max-w-md text-sm text-white/75">{t`It does not stream at present, and nothing of it is shown.`}</p>
    </section>
  );
}
