import { expect, it } from "vitest";
import { desksOf } from "./desks";

const keysOf = (role: string | undefined) => desksOf(role).map(({ key }) => key);

it("a moderator has the desks that are theirs, an admin all of them, anybody else none", () => {
  expect(keysOf("moderator")).toEqual(["people", "live", "reports", "limits"]);
  expect(keysOf("admin")).toHaveLength(10);
  expect(keysOf("user")).toEqual([]);
  expect(keysOf(undefined)).toEqual([]);
});

it("each desk has an address of its own", () => {
  const addresses = desksOf("admin").map(({ to }) => to);
  expect(new Set(addresses).size).toBe(addresses.length);
});
