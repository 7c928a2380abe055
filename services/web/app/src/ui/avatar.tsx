/** A channel's sign: its owner's picture, or the first letter on a hue of its own; that also where the picture cannot be had. */
import { useState } from "react";
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
  const [lost, setLost] = useState<string | null>(null);
  if (src && src !== lost) {
    return (
      <img
        src={src}
        alt=""
        width={size}
        height={size}
        loading="lazy"
        onError={() => setLost(src)}
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
