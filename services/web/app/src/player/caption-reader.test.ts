/** CEA-608 by the byte: what is on screen at which moment, in whatever order the messages come. */
import { expect, it } from "vitest";
import { CaptionReader } from "./caption-reader";

const FRAME = 1 / 30;
const [ROLL_UP, RETURN, ROW_15, ROW_1] = [
  [0x14, 0x25],
  [0x14, 0x2d],
  [0x14, 0x70],
  [0x11, 0x50],
];
const [LOAD, SHOW, ERASE] = [
  [0x14, 0x20],
  [0x14, 0x2f],
  [0x14, 0x2c],
];
const text = (words: string) =>
  (words.match(/../g) ?? []).map((pair) => [pair.charCodeAt(0), pair.charCodeAt(1)]);
const twice = (...codes: Array<number[] | undefined>) => codes.flatMap((code) => [code ?? [], code ?? []]);

/** A pair a picture from `pts` on. `field` 1 is what CC1 is in. */
const pictures = (pts: number, pairs: number[][], field = 1) =>
  pairs.map((pair, n) => ({
    pts: pts + n * FRAME,
    bytes: new Uint8Array([0x41, 0xff, field === 1 ? 0xfc : 0xfd, ...pair]),
  }));
/** Pictures that say nothing, after which what came before them is read. */
const quiet = (pts: number) =>
  pictures(
    pts,
    Array.from({ length: 5 }, () => [0x80, 0x80]),
  );

function reader(...batches: Array<ReturnType<typeof pictures>>) {
  const made = new CaptionReader();
  for (const batch of batches) made.take(batch);
  return made;
}

it("rolls up: the old line moves up while the new one is written", () => {
  const one = pictures(1, [...twice(ROLL_UP, RETURN, ROW_15), ...text("Hello ")]);
  const two = pictures(3, [...twice(ROLL_UP, RETURN, ROW_15), ...text("World!")]);
  const made = reader(one, quiet(2), two, quiet(4));
  expect(made.found).toBe(true);
  expect([0.9, 1.25, 2, 3.5].map((moment) => made.at(moment)?.text)).toEqual([
    undefined,
    "Hell",
    "Hello",
    "Hello\nWorld!",
  ]);
});

it("pops on: shown at once, not while it is loaded, and until it is erased; a high row is at the top", () => {
  const load = pictures(1, [...twice(LOAD, ROW_1), ...text("Up here.")]);
  const made = reader(load, pictures(3, twice(SHOW)), pictures(5, twice(ERASE)), quiet(6));
  expect([2, 3.1, 4.9, 5.1].map((moment) => made.at(moment))).toEqual([
    null,
    expect.objectContaining({ text: "Up here.", top: true }),
    expect.objectContaining({ text: "Up here.", top: true }),
    null,
  ]);
});

it("is read in the order in which it is shown, and the same pictures of another rendition once", () => {
  const line = pictures(1, [...twice(ROLL_UP, RETURN, ROW_15), ...text("Order matters.")]);
  const decoded = line.map((_, n) => line[n % 2 === 0 ? Math.min(n + 1, line.length - 1) : n - 1]);
  const made = reader(
    decoded.filter((sample) => sample !== undefined),
    line,
    quiet(2),
  );
  expect(made.at(2)?.text).toBe("Order matters.");
});

it("goes on behind a jump back, and what nothing took away is gone after sixteen seconds", () => {
  const line = (pts: number, words: string) =>
    pictures(pts, [...twice(ROLL_UP, RETURN, ROW_15), ...text(words)]);
  const made = reader(line(100, "Late"), quiet(101), line(50, "Past"), quiet(51));
  expect([60, 66, 67].map((moment) => made.at(moment)?.text ?? null)).toEqual(["Past", "Past", null]);
  expect(made.at(110), "it is fetched again").toBeNull();
});

it("the second field, another language as a rule, is not mixed in", () => {
  const made = reader(pictures(1, [...twice(ROLL_UP, RETURN, ROW_15), ...text("Hola")], 2), quiet(2));
  expect([made.at(2), made.found]).toEqual([null, false]);
});
