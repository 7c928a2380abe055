/** What is copied where there is no clipboard, as on plain http; with a page made by hand. */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { copyText } from "./copy-button";

/** What happened on the page, in order. */
let happened: string[] = [];

const place = (name: string) => ({ append: () => void happened.push(`a field in ${name}`) });

/** A page with these dialogs open, the newest last, where a text can be copied or not. */
function page(dialogs: string[], copies = true) {
  const area = {
    value: "",
    style: {},
    focus: () => void happened.push("the field has the focus"),
    select: () => void happened.push("selected"),
    remove: () => void happened.push("the field is gone"),
  };
  vi.stubGlobal("document", {
    activeElement: { focus: () => void happened.push("the button has the focus") },
    body: place("the page"),
    createElement: () => area,
    querySelectorAll: (selector: string) => (selector === "dialog[open]" ? dialogs.map(place) : []),
    execCommand: () => {
      happened.push(`copied ${area.value}`);
      return copies;
    },
  });
}

beforeEach(() => {
  happened = [];
  vi.stubGlobal("navigator", {});
});
afterEach(() => {
  vi.unstubAllGlobals();
});

describe("without a clipboard", () => {
  it("a text is copied, and whoever had the focus has it again", async () => {
    page([]);
    expect(await copyText("abc")).toBe(true);
    expect(happened).toEqual([
      "a field in the page",
      "the field has the focus",
      "selected",
      "copied abc",
      "the field is gone",
      "the button has the focus",
    ]);
  });

  it("it is copied inside of the newest dialog, outside of which nothing can be selected", async () => {
    page(["a dialog", "the newest dialog"]);
    expect(await copyText("abc")).toBe(true);
    expect(happened[0]).toBe("a field in the newest dialog");
  });

  it("what could not be copied is told as such", async () => {
    page([], false);
    expect(await copyText("abc")).toBe(false);
    expect(happened.at(-1)).toBe("the button has the focus");
  });
});

it("with a clipboard nothing else is asked", async () => {
  const writeText = vi.fn(async () => {});
  vi.stubGlobal("navigator", { clipboard: { writeText } });
  page([]);
  expect(await copyText("abc")).toBe(true);
  expect(writeText).toHaveBeenCalledWith("abc");
  expect(happened).toEqual([]);
});
