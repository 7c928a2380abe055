/** Names get colours that are apart and can be read. */
import { expect, it } from "vitest";
import { FILL, hueOf, LETTER } from "./hue";

it("hues are spread evenly, also over names that are nearly the same", () => {
  const sets = [
    Array.from({ length: 1200 }, (_, n) => `viewer_${n}`),
    Array.from({ length: 1200 }, (_, n) => String.fromCodePoint(97 + (n % 26)) + n.toString(36)),
  ];
  for (const names of sets) {
    const buckets = new Array(12).fill(0);
    for (const name of names) buckets[Math.floor(((hueOf(name) - 50) / 290) * 12)]++;
    expect(Math.min(...buckets)).toBeGreaterThan(65);
    expect(Math.max(...buckets)).toBeLessThan(140);
  }
  const apart = (a: string, b: string) => Math.abs(hueOf(a) - hueOf(b));
  const steps = Array.from({ length: 9 }, (_, n) => apart(`maya${n}`, `maya${n + 1}`));
  expect(steps.filter((step) => step < 10).length).toBeLessThan(4);
});

it("no hue is the red that means live, and writing a name otherwise changes nothing", () => {
  for (let n = 0; n < 500; n++) {
    expect(hueOf(`n${n}`)).toBeGreaterThanOrEqual(50);
    expect(hueOf(`n${n}`)).toBeLessThan(340);
  }
  expect(hueOf("Grace")).toBe(hueOf("grace"));
});

/** Relative luminance (WCAG 2.2) of an OKLCH colour, clipped to sRGB (Björn Ottosson's matrices). */
function luminance({ lightness, chroma }: { lightness: number; chroma: number }, hue: number): number {
  const a = chroma * Math.cos((hue * Math.PI) / 180);
  const b = chroma * Math.sin((hue * Math.PI) / 180);
  const l = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const m = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const s = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3;
  const clip = (x: number) => Math.min(1, Math.max(0, x));
  const red = clip(4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s);
  const green = clip(-1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s);
  const blue = clip(-0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s);
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

it("an avatar's letter stands out by 4.5 : 1 on every hue", () => {
  for (let hue = 0; hue < 360; hue += 5) {
    const contrast = (luminance(LETTER, hue) + 0.05) / (luminance(FILL, hue) + 0.05);
    expect(contrast).toBeGreaterThanOrEqual(4.5);
  }
});
