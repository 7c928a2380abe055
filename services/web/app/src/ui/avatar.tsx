/** A channel's sign while there are no pictures: its first letter on a hue of its own. */
import { avatarColours } from "./hue";

export function Avatar({ name, size = 36 }: { name: string; size?: number }) {
  return (
    <span
      aria-hidden
      className="inline-flex shrink-0 items-center justify-center rounded-full font-semibold select-none"
      style={{ width: size, height: size, fontSize: Math.round(size * 0.42), ...avatarColours(name) }}
    >
      {(name.trim()[0] ?? "?").toUpperCase()}
    </span>
  );
}
