/**
 * The colour of a name: the one that its owner chose, else one of its own, made readable on the ground it stands on. A chosen colour
 * keeps its hue and as much of its strength as the ground allows; how light it is the theme decides. Pure.
 */
import { hueOf } from "../ui/hue";

/** OKLCH. The theme's own lightness goes with it (`--name-lightness`). */
export interface Tint {
  chroma: number;
  hue: number;
}

/** Stronger ones leave sRGB at the lightness of one of the themes, and glare. */
const MAX_CHROMA = 0.13;
const OWN_CHROMA = 0.1;
/** Below it a colour is grey, and its hue is noise. */
const GREY = 0.02;

export function tintOf(name: string, chosen?: string): Tint {
  const rgb = chosen ? /^#([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})$/i.exec(chosen) : null;
  if (!rgb) return { chroma: OWN_CHROMA, hue: hueOf(name) };
  const [r, g, b] = [rgb[1], rgb[2], rgb[3]].map((h) => linear(Number.parseInt(h ?? "0", 16) / 255));
  const { a, b: second } = oklab(r ?? 0, g ?? 0, b ?? 0);
  const chroma = Math.hypot(a, second);
  const hue = ((Math.atan2(second, a) * 180) / Math.PI + 360) % 360;
  return {
    chroma: chroma < GREY ? 0 : Math.min(MAX_CHROMA, chroma),
    hue: chroma < GREY ? 0 : Math.round(hue),
  };
}

/** CSS variables for `.name` (app.css). */
export function tintStyle(tint: Tint): Record<string, string> {
  return { "--name-chroma": tint.chroma.toFixed(3), "--name-hue": String(tint.hue) };
}

/** `#rrggbb` of a tint at a lightness, its chroma lowered until it is inside sRGB: for browsers that do not know `oklch()`. */
export function hexOf({ chroma, hue }: Tint, lightness: number): string {
  const angle = (hue * Math.PI) / 180;
  for (let c = chroma; ; c -= 0.01) {
    const rgb = srgb(lightness, Math.max(0, c) * Math.cos(angle), Math.max(0, c) * Math.sin(angle));
    if (c <= 0 || rgb.every((v) => v >= -0.001 && v <= 1.001)) {
      return `#${rgb.map((v) => byte(gamma(Math.min(1, Math.max(0, v))))).join("")}`;
    }
  }
}

const byte = (value: number) =>
  Math.round(value * 255)
    .toString(16)
    .padStart(2, "0");
const linear = (v: number) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
const gamma = (v: number) => (v <= 0.0031308 ? v * 12.92 : 1.055 * v ** (1 / 2.4) - 0.055);

// Björn Ottosson, "A perceptual color space for image processing" (2020): linear sRGB to OKLab and back.
function oklab(r: number, g: number, b: number): { a: number; b: number } {
  const l = Math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b);
  const m = Math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b);
  const s = Math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b);
  return {
    a: 1.9779984951 * l - 2.428592205 * m + 0.4505937099 * s,
    b: 0.0259040371 * l + 0.7827717662 * m - 0.808675766 * s,
  };
}

function srgb(lightness: number, a: number, b: number): [number, number, number] {
  const l = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const m = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const s = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3;
  return [
    4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s,
    -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s,
    -0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s,
  ];
}
