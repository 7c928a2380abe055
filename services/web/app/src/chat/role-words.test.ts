/** What is told of a change of roles. */
import { describe, expect, it } from "vitest";
import { roleWords } from "./role-words";

describe("a change of roles", () => {
  it("is told when a role comes and when it ends", () => {
    expect(roleWords([], ["moderator"])).toBe("You are a moderator of this channel now.");
    expect(roleWords(["vip"], [])).toBe("You are not a VIP of this channel any more.");
    expect(roleWords(["vip"], ["moderator"])).toBe(
      "You are not a VIP of this channel any more. You are a moderator of this channel now.",
    );
  });

  it("that changes nothing is told to nobody", () => {
    expect(roleWords(["moderator"], ["moderator"])).toBe("");
    expect(roleWords(["owner"], ["owner", "staff"])).toBe("");
  });
});
