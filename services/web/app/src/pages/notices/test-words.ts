/** What came of a push to try one's browsers. Pure. */
import { plural, t } from "@lingui/core/macro";
import type { Tested } from "../../api/notices";

export function testWords({ told, gone, failed }: Tested): string {
  const parts = [];
  if (told > 0)
    parts.push(
      plural(told, { one: "One browser should show it now.", other: "# browsers should show it now." }),
    );
  if (gone > 0)
    parts.push(
      plural(gone, {
        one: "One browser did not exist any more and is forgotten.",
        other: "# browsers did not exist any more and are forgotten.",
      }),
    );
  if (failed > 0)
    parts.push(
      plural(failed, {
        one: "One browser could not be reached: the push service did not take it. Try again later.",
        other: "# browsers could not be reached: the push service did not take it. Try again later.",
      }),
    );
  return parts.join(" ") || t`There is no browser to send to.`;
}
