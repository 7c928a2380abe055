/** What is shown in place of a page that broke, and for how long. */
import type { ReactNode } from "react";
import { renderToStaticMarkup } from "react-dom/server";
import { expect, it } from "vitest";
import { Guarded } from "./failures";

const shown = (props: { at: string; whole?: boolean }, broke: boolean) => {
  const guarded = new Guarded({ ...props, children: "a page" as ReactNode });
  if (broke) guarded.state = { ...guarded.state, ...Guarded.getDerivedStateFromError() };
  return renderToStaticMarkup(guarded.render());
};

it("a page that did not break is shown as it is", () => {
  expect(shown({ at: "/a" }, false)).toBe("a page");
  expect(shown({ at: "/a", whole: true }, false)).toBe("a page");
});

it("where nothing of a page is left, its words are the page's main part", () => {
  expect(shown({ at: "/a", whole: true }, true)).toMatch(/^<main>.*data-testid="page-error".*<\/main>$/);
  expect(shown({ at: "/a" }, true)).toMatch(/^<div data-testid="page-error"/);
});

it("who goes elsewhere begins anew, and who stays does not", () => {
  const broke = { broke: true, at: "/a" };
  expect(Guarded.getDerivedStateFromProps({ at: "/a" }, broke)).toBeNull();
  expect(Guarded.getDerivedStateFromProps({ at: "/b" }, broke)).toEqual({ broke: false, at: "/b" });
});
