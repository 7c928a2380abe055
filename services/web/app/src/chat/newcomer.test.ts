/** Who is greeted in a room, and who is at home there. */
import { expect, it } from "vitest";
import { isNewcomer } from "./newcomer";

const user = (badges: string[]) => ({ id: "1", username: "noor", display_name: "Noor", badges });

it("a first message is a newcomer's, but not the owner's or a moderator's", () => {
  expect(isNewcomer({ first: true, user: user([]) })).toBe(true);
  expect(isNewcomer({ first: true, user: user(["vip"]) })).toBe(true);
  expect(isNewcomer({ first: true, user: user(["staff", "broadcaster"]) })).toBe(false);
  expect(isNewcomer({ first: true, user: user(["moderator"]) })).toBe(false);
});

it("no later message is", () => {
  expect(isNewcomer({ user: user([]) })).toBe(false);
});
