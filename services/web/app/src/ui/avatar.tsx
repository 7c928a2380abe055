/** A channel's sign: its owner's picture, or the first letter on a hue of its own. */
import { avatarColours } from "./hue";

export function Avatar({
  name,
  src,
  size = 36,
}: {
  name: string;
  src?: string | null | undefined;
  size?: number;
}) {
  if (src) {
    return (
      <img
        src={src}
        alt=""
        width={size}
        height={size}
        loading="lazy"
        className="shrink-0 rounded-full bg-raised object-cover"
        style={{ width: size, height: size }}
      />
    );
  }
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
