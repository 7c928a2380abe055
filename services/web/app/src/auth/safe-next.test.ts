import { expect, it } from "vitest";
import { safeNext } from "./safe-next";

const HERE = "https://streamly.example";

it("only paths of this site are followed after signing in", () => {
  for (const path of ["/", "/maya", "/dashboard/broadcasts?page=2#top", "/category/just%20chatting", "/a//b"])
    expect(safeNext(path, HERE)).toBe(path);
  for (const bad of [
    null,
    "",
    "maya",
    "?next=x",
    "//evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "https://evil.example",
    `${HERE}/maya`,
    "javascript:alert(1)",
    `blob:${HERE}/x`,
    "//[",
  ]) {
    expect(safeNext(bad, HERE), String(bad)).toBe("/");
  }
});

it("what address parsers leave out does not lead elsewhere", () => {
  for (const bad of [
    "/\t/evil.example",
    "/\n/evil.example",
    "/\r\\evil.example",
    "/\0/evil.example",
    "/x\t",
    "/\x85",
  ])
    expect(safeNext(bad, HERE), JSON.stringify(bad)).toBe("/");
});

it("what is left of a path is no other site either", () => {
  for (const bad of ["/.//evil.example", "/a/..//evil.example", "/%2e//evil.example", "/./\\evil.example"])
    expect(safeNext(bad, HERE), bad).toBe("/");
  expect(safeNext("/a/../maya", HERE)).toBe("/maya");
});
