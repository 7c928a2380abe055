/** How much more one may write: seen at each key, but said aloud only when it passes one of a few marks. Far from the limit nothing. */
import { t } from "@lingui/core/macro";
import { useState } from "react";

/** Graphemes left at which it is said again. The first is where the count begins to be seen. */
const MARKS = [60, 20, 0] as const;
export const COUNT_FROM = MARKS[0];

/** How many marks were passed; one more beyond the limit. */
export const passed = (left: number): number =>
  left < 0 ? MARKS.length + 1 : MARKS.filter((mark) => left <= mark).length;

function words(left: number): string {
  const over = -left;
  if (left < 0) return t`${over} too many`;
  return left <= COUNT_FROM ? t`${left} left` : "";
}

export function Count({ id, left }: { id: string; left: number }) {
  const [said, setSaid] = useState(left);
  if (passed(said) !== passed(left)) setSaid(left);
  return (
    <>
      <p
        id={id}
        className={`figures text-right text-xs empty:hidden ${left < 0 ? "text-bad" : "text-quiet"}`}
      >
        {words(left)}
      </p>
      <p aria-live="polite" className="sr-only">
        {words(said)}
      </p>
    </>
  );
}
