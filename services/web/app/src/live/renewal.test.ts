import { expect, it } from "vitest";
import { renewalMs } from "./renewal";

it("a token is renewed at half of its life", () => {
  expect([60, 3_600, 86_400].map(renewalMs)).toEqual([30_000, 1_800_000, 43_200_000]);
});

it("one that lives for months waits as long as a timer can, and one that ends at once a second", () => {
  const days = 86_400;
  expect(renewalMs(49 * days)).toBe(49 * days * 500);
  expect(renewalMs(50 * days)).toBe(2_147_483_647);
  expect([0, 1, -5].map(renewalMs)).toEqual([1_000, 1_000, 1_000]);
});
