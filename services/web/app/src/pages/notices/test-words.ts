/** What came of a push to try one's browsers. Pure. */
import type { Tested } from "../../api/notices";

const browsers = (n: number) => (n === 1 ? "One browser" : `${n} browsers`);

export function testWords({ told, gone, failed }: Tested): string {
  const parts = [];
  if (told > 0) parts.push(`${browsers(told)} should show it now.`);
  if (gone > 0)
    parts.push(`${browsers(gone)} did not exist any more and ${gone === 1 ? "is" : "are"} forgotten.`);
  if (failed > 0)
    parts.push(
      `${browsers(failed)} could not be reached: the push service did not take it. Try again later.`,
    );
  return parts.join(" ") || "There is no browser to send to.";
}
