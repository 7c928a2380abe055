/** Every name can be read in both themes, whatever colour was chosen. */
import { expect, it } from "vitest";
import { hexOf, tintOf } from "./name-colour";

const channel = (v: number) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
/** Relative luminance (WCAG 2.2). */
function luminance(hex: string): number {
  const [r, g, b] = [1, 3, 5].map((at) => channel(Number.parseInt(hex.slice(at, at + 2), 16) / 255));
  return 0.2126 * (r ?? 0) + 0.7152 * (g ?? 0) + 0.0722 * (b ?? 0);
}
function contrast(one: string, other: string): number {
  const [a, b] = [luminance(one), luminance(other)].sort((x, y) => y - x);
  return ((a ?? 0) + 0.05) / ((b ?? 0) + 0.05);
}

/** As in tokens.css: the lightness of names, and the grounds, tinted ones too. */
const DARK = { lightness: 0.82, grounds: ["#0d0f14", "#14161b", "#212636"] };
const LIGHT = { lightness: 0.45, grounds: ["#f9fafc", "#ffffff", "#e3e8fb"] };

it("is readable by 4.5 : 1 on every ground, whatever was chosen", () => {
  const chosen = [
    "#000000",
    "#ffffff",
    "#ff0000",
    "#00ff00",
    "#0000ff",
    "#ffff00",
    "#ff00ff",
    "#8fb4ff",
    "#777777",
  ];
  for (let n = 0; n < 60; n++)
    chosen.push(`#${((n * 2_654_435_761) % 0xffffff).toString(16).padStart(6, "0")}`);
  for (const colour of [undefined, ...chosen]) {
    for (const { lightness, grounds } of [DARK, LIGHT]) {
      const shown = hexOf(tintOf("maya", colour), lightness);
      for (const ground of grounds)
        expect(contrast(shown, ground), `${colour} ${shown}`).toBeGreaterThanOrEqual(4.5);
    }
  }
});

it("keeps the chosen hue, and takes nothing but #rrggbb", () => {
  expect(tintOf("x", "#ff0000").hue).toBe(29);
  expect(tintOf("x", "#ff0000").chroma).toBeLessThanOrEqual(0.13);
  expect(tintOf("x", "#808080").chroma).toBe(0);
  expect(tintOf("x", "url(evil)")).toEqual(tintOf("x"));
  expect(tintOf("x", "#12345")).toEqual(tintOf("x"));
});
