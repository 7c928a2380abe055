/** Tags as they are typed. */
import { expect, it } from "vitest";
import { tagsOf, withTags } from "./tags";

it("tags have commas between them, and blanks around them do not count", () => {
  expect(tagsOf(" slow,, chess ,late night")).toEqual(["slow", "chess", "late night"]);
  expect(tagsOf(" , ")).toEqual([]);
});

it("one that differs in case or blanks alone is there already", () => {
  expect(withTags(["Late Night"], "late  NIGHT, new")).toEqual({ tags: ["Late Night", "new"], left: "" });
  expect(withTags([], "a, A").tags).toEqual(["a"]);
});

it("the eleventh stays where it was typed, and so does what follows it", () => {
  const ten = Array.from({ length: 10 }, (_, n) => `tag${n}`);
  const taken = withTags(ten.slice(1), "tag0, eleven, twelve");
  expect(taken.tags).toHaveLength(10);
  expect(taken.left).toBe("eleven, twelve");
  expect(taken.refused).toMatch(/Remove one first/);
  expect(withTags(ten, "TAG3")).toEqual({ tags: ten, left: "" });
});

it("a tag has 25 characters, as the server counts them", () => {
  expect(withTags([], "😀".repeat(25)).tags).toHaveLength(1);
  const { tags, left, refused } = withTags(["a"], "b".repeat(26));
  expect([tags, left]).toEqual([["a"], "b".repeat(26)]);
  expect(refused).toMatch(/at most 25 characters/);
});
