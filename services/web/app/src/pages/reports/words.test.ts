import { describe, expect, it } from "vitest";
import { becameWords, canPutOut, categoryWords, stateWords } from "./words";

describe("reports in words", () => {
  it("says what is wrong, also in words that it does not know", () => {
    expect(categoryWords("self_harm")).toBe("Self-harm");
    expect(categoryWords("of_tomorrow")).toBe("of_tomorrow");
  });

  it("says what became of it, and who looks at what is open", () => {
    expect(becameWords({ state: "open", queue: "room" })).toMatch(/moderators will/);
    expect(becameWords({ state: "open", queue: "platform" })).toMatch(/staff will/);
    expect(becameWords({ state: "acted", queue: "platform" })).toMatch(/was done/);
    expect(becameWords({ state: "dismissed" })).toMatch(/nothing was found/);
    expect(["open", "acted", "dismissed"].map((state) => stateWords({ state }))).toEqual([
      "Open",
      "Acted on",
      "Nothing wrong",
    ]);
  });

  it("offers no act against an owner in their own room, nor against a channel", () => {
    const user = { id: "1", username: "ada", display_name: "Ada" };
    expect(canPutOut({ about: "user", channel: "bob", user })).toBe(true);
    expect(canPutOut({ about: "message", channel: "ada", user })).toBe(false);
    expect(canPutOut({ about: "channel", channel: "ada", user })).toBe(false);
    expect(canPutOut({ about: "user", channel: "bob", user: null })).toBe(false);
  });
});
