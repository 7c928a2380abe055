/** A hue of its own for every name, and the colours made of it. Pure. */

/** Keeps clear of the red (25°) that means live. */
const FROM = 50;
const WIDTH = 290;

/** Degrees, spread evenly whatever the names are like; upper and lower case are one name. */
export function hueOf(name: string): number {
  // FNV-1a, then the finalizer of MurmurHash3: names that differ in one letter are far apart.
  let hash = 0x811c9dc5;
  for (const char of name.toLowerCase()) hash = Math.imul(hash ^ (char.codePointAt(0) ?? 0), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  hash ^= hash >>> 16;
  return FROM + ((hash >>> 0) % WIDTH);
}

/** OKLCH: lightness, chroma. */
export const FILL = { lightness: 0.42, chroma: 0.085 };
export const LETTER = { lightness: 0.96, chroma: 0.025 };

/** An avatar's disc and the letter on it; the same in both themes. */
export function avatarColours(name: string): { background: string; color: string } {
  const hue = hueOf(name);
  return {
    background: `oklch(${FILL.lightness} ${FILL.chroma} ${hue})`,
    color: `oklch(${LETTER.lightness} ${LETTER.chroma} ${hue})`,
  };
}

/** What stands for a channel's picture while there is none. */
export function coverOf(name: string): string {
  const hue = hueOf(name);
  return `linear-gradient(150deg, oklch(0.4 0.085 ${hue}), oklch(0.22 0.04 ${hue}))`;
}
