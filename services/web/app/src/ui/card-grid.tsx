/** The grid that cards of channels are in, and what is in it until they are known. */
import { StreamCardSkeleton } from "./stream-card";

/** Widths in rem, as those of the names: Tailwind does not put pixels and rem in order. */
export const CARD_GRID =
  "grid grid-cols-1 gap-x-4 gap-y-8 sm:grid-cols-2 lg:grid-cols-3 min-[106.25rem]:grid-cols-4";

export function CardSkeletons() {
  return [0, 1, 2].map((n) => (
    <li key={n}>
      <StreamCardSkeleton />
    </li>
  ));
}
