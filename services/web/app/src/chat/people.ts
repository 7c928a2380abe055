/** Who spoke in the room lately, for completion. Pure. */
import type { Person } from "./completion";
import type { Line } from "./log";

/** More are not offered. */
const MOST = 200;

/** Latest speaker first, each once, without oneself. */
export function peopleOf(lines: readonly Line[], me: string | null): Person[] {
  const out = new Map<string, Person>();
  for (let n = lines.length - 1; n >= 0 && out.size < MOST; n--) {
    const line = lines[n];
    if (line?.kind === "message" && line.user.id !== me && !out.has(line.user.id))
      out.set(line.user.id, line.user);
  }
  return [...out.values()];
}
