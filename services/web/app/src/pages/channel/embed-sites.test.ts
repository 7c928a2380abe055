import { expect, test } from "vitest";
import { sitesOf, textOf } from "./embed-sites";

test("sites stand on lines or between commas, and names beyond ASCII go as browsers send them", () => {
  expect(sitesOf(" example.org\nhttp://localhost:8080, *.example.net \n\n")).toEqual([
    "example.org",
    "http://localhost:8080",
    "*.example.net",
  ]);
  expect(sitesOf("bücher.example\nhttp://bücher.example:81")).toEqual([
    "xn--bcher-kva.example",
    "http://xn--bcher-kva.example:81",
  ]);
});

test("what is no site stays as it was typed, for the server to say so", () => {
  expect(sitesOf("not a site!\nä ö")).toEqual(["not a site!", "ä ö"]);
});

test("what is kept is shown as it was typed", () => {
  expect(textOf(["https://example.org", "http://localhost:8080"])).toBe("example.org\nhttp://localhost:8080");
});
