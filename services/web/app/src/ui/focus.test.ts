/** Who otherwise takes no focus takes none afterwards either. */
import { expect, it } from "vitest";
import { focusOn } from "./focus";

/** As much of an element as the focus needs. */
function element(attributes: Record<string, string>) {
  const target = Object.assign(new EventTarget(), {
    hasAttribute: (name: string) => name in attributes,
    removeAttribute: (name: string) => void delete attributes[name],
    focus: () => expect(attributes.tabindex).toBeDefined(),
  });
  Object.defineProperty(target, "tabIndex", {
    get: () => Number(attributes.tabindex ?? -1),
    set: (to: number) => void Object.assign(attributes, { tabindex: String(to) }),
  });
  return target as unknown as HTMLElement;
}

it("a heading takes the focus once, and nothing is left of that", () => {
  const attributes: Record<string, string> = {};
  const heading = element(attributes);
  focusOn(heading);
  expect(attributes).toEqual({ tabindex: "-1" });
  heading.dispatchEvent(new Event("blur"));
  expect(attributes).toEqual({});
});

it("what takes the focus anyway keeps what it has", () => {
  for (const tabindex of ["-1", "0"]) {
    const attributes = { tabindex };
    const row = element(attributes);
    focusOn(row);
    row.dispatchEvent(new Event("blur"));
    expect(attributes).toEqual({ tabindex });
  }
});
