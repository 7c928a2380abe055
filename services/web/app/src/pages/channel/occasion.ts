/** When something is planned, on the reader's own clocks. Pure. */
import { clock, weekday } from "../../ui/figures";

export function occasion(startsAt: string, endsAt: string, zone?: string): string {
  return `${weekday(startsAt, zone)}, ${clock(startsAt, zone)}–${clock(endsAt, zone)}`;
}
