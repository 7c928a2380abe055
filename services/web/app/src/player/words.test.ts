/** Words cover the picture only while there is none to see. */
import { expect, it } from "vitest";
import { IDLE, type PlayerSnapshot } from "./snapshot";
import { notice, offersAgain, wordsFor } from "./words";

const playing: PlayerSnapshot = { ...IDLE, phase: "playing" };
const past: PlayerSnapshot = { ...playing, behind: 60, depth: 600 };
const said = (shown: Parameters<typeof wordsFor>[0], snapshot: PlayerSnapshot, preview = false) =>
  wordsFor(shown, snapshot, "Ada", preview, ["av01.0.04M.08,opus"])?.head ?? null;

it("a viewer at the live edge is asked to hang on, one who went back keeps the picture", () => {
  expect(said("reconnecting", playing)).toMatch(/Hang on/);
  expect(said("reconnecting", { ...past, phase: "waiting" })).toMatch(/Hang on/);
  expect(said("reconnecting", past)).toBeNull();
  expect(notice("reconnecting", past)).toMatch(/lost the connection.*goes on/);
  expect([notice("reconnecting", playing), notice("live", past)]).toEqual([null, null]);
});

it("a chosen quality that is gone is named", () => {
  expect(notice("live", { ...playing, lost: "480p" })).toBe(
    "480p is not available right now. The picture goes on in Auto.",
  );
});

it("a chosen quality that does not arrive is named, and that it comes back", () => {
  expect(notice("live", { ...playing, lowered: "source" })).toMatch(/^source does not arrive.*comes back/);
  const source = { index: 0, name: "source", height: 720, bitrate: 0 };
  const known = { ...playing, lowered: "source", qualities: [source] };
  expect(notice("live", known, [{ name: "source", height: 480 }]), "by its size of now").toMatch(
    /^Source \(480p\) does not arrive/,
  );
});

it("what is wrong is said with a button, but not while the broadcaster is away or a click is wanted", () => {
  const trouble: PlayerSnapshot = { ...IDLE, phase: "loading", trouble: "missing" };
  expect([said("live", trouble), offersAgain("live", trouble)]).toEqual([
    "The picture does not arrive",
    true,
  ]);
  expect(said("reconnecting", trouble)).toMatch(/Hang on/);
  expect(offersAgain("reconnecting", trouble)).toBe(false);
  expect(said("live", { ...trouble, needsClick: true })).toBeNull();
});

it("a codec that the browser lacks is named, and nothing is said over a good picture", () => {
  expect(said("live", { ...IDLE, phase: "unsupported" })).toMatch(/cannot play AV1/);
  expect(said("live", playing)).toBeNull();
  expect(said("reconnecting", playing, true)).toBe("Nothing arrives");
});
