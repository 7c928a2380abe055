/** Why a part of a page could not be had, by what browsers say of a failed `import()`. */
import { afterEach, expect, it, vi } from "vitest";
import { isGone, lostPart } from "./lost-part";

afterEach(() => {
  lostPart.putAway();
  vi.unstubAllGlobals();
});

const FILE = "https://streamly.example/assets/key-list-B1c2.js";
const CHROMIUM = new TypeError(`Failed to fetch dynamically imported module: ${FILE}`);
const FIREFOX = new TypeError(`error loading dynamically imported module: ${FILE}`);
const SAFARI = new TypeError("Importing a module script failed.");

function answers(status: number | null) {
  const asked = vi.fn(async (_url: string) => {
    if (status === null) throw new TypeError("Failed to fetch");
    return new Response(null, { status });
  });
  vi.stubGlobal("fetch", asked);
  return asked;
}

it.each([CHROMIUM, FIREFOX])("a file that the server has no more is gone: %s", async (error) => {
  const asked = answers(404);
  expect(await isGone(error)).toBe(true);
  expect(asked.mock.calls).toEqual([[FILE]]);
});

it("a server that is away, in trouble, or has the file says no such thing", async () => {
  for (const status of [null, 200, 503]) {
    answers(status);
    expect(await isGone(CHROMIUM)).toBe(false);
  }
});

it("where the browser does not name the file, nothing is asked", async () => {
  const asked = answers(404);
  expect(await isGone(SAFARI)).toBe(false);
  expect(await isGone(undefined)).toBe(false);
  expect(asked).not.toHaveBeenCalled();
});

it("is told to who shows it, until it is put away", async () => {
  const heard = vi.fn();
  const end = lostPart.subscribe(heard);
  expect(lostPart.get()).toBeNull();
  answers(404);
  await lostPart.told(CHROMIUM);
  expect(lostPart.get()).toBe("old");
  lostPart.putAway();
  expect(lostPart.get()).toBeNull();
  // What was pressed is pressed again.
  lostPart.again();
  expect(lostPart.get()).toBe("old");
  lostPart.putAway();
  await lostPart.told(SAFARI);
  expect(lostPart.get()).toBe("lost");
  expect(heard).toHaveBeenCalledTimes(5);
  end();
});
