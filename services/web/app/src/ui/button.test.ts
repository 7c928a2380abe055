/** A button that may not be pressed keeps the focus, and takes no press. */
import { createElement, type ReactElement, type ReactNode } from "react";
import { renderToStaticMarkup } from "react-dom/server";
import { describe, expect, it, vi } from "vitest";
import { Button, IconButton } from "./button";
import { handsFocusOn } from "./hand-on";

type Rendered = ReactElement<{ onClick?: (event: unknown) => void }>;

const KINDS: [string, (props: object) => ReactNode][] = [
  ["button", (props) => Button({ children: "Save", ...props })],
  ["icon button", (props) => IconButton({ label: "Save", children: "x", ...props })],
];

describe.each(KINDS)("a %s", (_name, made) => {
  const html = (props: object) => renderToStaticMarkup(made(props));
  /** What a press comes to: whether it was heard, and whether a form may be sent by it. */
  const press = (props: object) => {
    const heard = vi.fn();
    const event = { preventDefault: vi.fn() };
    (made({ ...props, onClick: heard }) as Rendered).props.onClick?.(event);
    return { heard: heard.mock.calls.length, sends: event.preventDefault.mock.calls.length === 0 };
  };

  it("is pressed when nothing is in the way", () => {
    expect(html({})).not.toMatch(/aria-disabled="true"|aria-busy| disabled/);
    expect(press({})).toEqual({ heard: 1, sends: true });
  });

  it.each([{ busy: true }, { disabled: true }])("with %o is not, and is never disabled", (props) => {
    expect(html(props)).toContain('aria-disabled="true"');
    expect(html(props)).not.toMatch(/ disabled/);
    expect(press(props)).toEqual({ heard: 0, sends: false });
  });

  it("hands the focus on when it goes, unless a ref of its own does", () => {
    const refOf = (props: object) => (made(props) as ReactElement<{ ref?: unknown }>).props.ref;
    const own = () => {};
    expect(refOf({})).toBe(handsFocusOn);
    expect(refOf({ ref: own })).toBe(own);
  });

  it("says that it is busy", () => {
    expect(html({ busy: true })).toContain('aria-busy="true"');
    expect(html({ disabled: true })).not.toContain("aria-busy");
  });
});

it("stays a form's button while it is busy", () => {
  const button = createElement(Button, { type: "submit", busy: true }, "Save");
  expect(renderToStaticMarkup(button)).toContain('type="submit"');
});
