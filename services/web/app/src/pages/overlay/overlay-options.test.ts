/** The overlay's address. */
import { expect, it } from "vitest";
import { DEFAULTS, overlayPath, readOptions } from "./overlay-options";

const read = (query: string) => readOptions(new URLSearchParams(query));

it("what is not in the address, or makes no sense, is the default", () => {
  expect(read("")).toEqual(DEFAULTS);
  expect(read("size=&bg=pink&fade=soon&lines=x")).toEqual(DEFAULTS);
});

it("reads what is there, within bounds", () => {
  expect(read("size=40&bg=dark&fade=15&badges=0&notices=off&lines=5")).toEqual({
    size: 40,
    bg: "dark",
    fade: 15,
    badges: false,
    notices: false,
    lines: 5,
  });
  expect(read("size=1e9&fade=-4&lines=0")).toMatchObject({ size: 96, fade: 0, lines: 1 });
});

it("an address that was made is read again as it was meant", () => {
  expect(overlayPath("maya", DEFAULTS)).toBe("/overlay/maya/chat");
  const other = { size: 32, bg: "light", fade: 20, badges: false, notices: false, lines: 8 } as const;
  const address = overlayPath("maya", other);
  expect(read(address.split("?")[1] ?? "")).toEqual(other);
});
