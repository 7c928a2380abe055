/** When something is planned, on the reader's own clocks. Pure. */

export function occasion(startsAt: string, endsAt: string, zone?: string): string {
  const options = zone ? { timeZone: zone } : {};
  const day = new Intl.DateTimeFormat("en-GB", {
    weekday: "short",
    day: "numeric",
    month: "short",
    ...options,
  });
  const clock = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", ...options });
  const [from, to] = [new Date(startsAt), new Date(endsAt)];
  return `${day.format(from)}, ${clock.format(from)}–${clock.format(to)}`;
}
