/** What fits what is typed. */
import { expect, it } from "vitest";
import { choiceCalled, choicesLike } from "./choices-like";

const CHOICES = [
  { value: "board", label: "Brettspiele", also: ["Board Games", "board-games"] },
  { value: "cooking", label: "Kochen", also: ["Cooking"] },
  { value: "games", label: "Spiele", also: ["Games"] },
  { value: "cafe", label: "Café" },
];
const values = (typed: string) => choicesLike(CHOICES, typed).map(({ value }) => value);

it("what begins so comes before what has it within, each in its order", () => {
  expect(values("spiele")).toEqual(["games", "board"]);
  expect(values("")).toEqual(["board", "cooking", "games", "cafe"]);
  expect(values("nothing")).toEqual([]);
});

it("case, accents and blanks around do not count, and other names do", () => {
  expect(values(" CAFE ")).toEqual(["cafe"]);
  expect(values("board g")).toEqual(["board"]);
  expect(choiceCalled(CHOICES, "kochen")?.value).toBe("cooking");
  expect(choiceCalled(CHOICES, "Board Games")?.value).toBe("board");
  expect(choiceCalled(CHOICES, "Koch")).toBeUndefined();
});

it("what is called so comes before what is known by it otherwise", () => {
  const choices = [...CHOICES, { value: "other-games", label: "Games" }];
  expect(choiceCalled(choices, "games")?.value).toBe("other-games");
});
