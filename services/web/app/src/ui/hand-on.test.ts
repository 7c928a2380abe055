/** Where the focus of a button goes that goes away. */
import { afterEach, expect, it, vi } from "vitest";
import { handsFocusOn } from "./hand-on";

afterEach(() => {
  vi.unstubAllGlobals();
});

const AROUND = "section, dialog";

/** As much of an element as takes the focus; one that is in no page goes away with the button. */
const place = ({ isConnected = true, isInDialog = false } = {}) => ({
  tabIndex: 0,
  isConnected,
  focus: vi.fn(),
  closest: (selector: string) => (isInDialog && selector === "dialog" ? {} : null),
});

/** A button goes away that has those around it, by selector; which of them, and of the page's content, were given the focus. */
async function goes(around: Record<string, ReturnType<typeof place>>, focused = true) {
  const content = place();
  const button = { closest: (selector: string) => around[selector] ?? null } as unknown as HTMLElement;
  const page = {
    activeElement: focused ? (button as unknown) : null,
    body: "the page",
    getElementById: () => content,
  };
  vi.stubGlobal("document", page);
  handsFocusOn(button)();
  if (Object.values(around).some(({ isConnected }) => !isConnected)) page.activeElement = page.body;
  await Promise.resolve();
  const given = Object.entries({ ...around, content }).filter(([, { focus }]) => focus.mock.calls.length > 0);
  return given.map(([name]) => name);
}

it("it stays in the section or the dialog around the button", async () => {
  expect(await goes({ [AROUND]: place() })).toEqual([AROUND]);
});

it("where there is neither, or it goes away as well, the page's content has it", async () => {
  expect(await goes({})).toEqual(["content"]);
  expect(await goes({ [AROUND]: place({ isConnected: false }) })).toEqual([AROUND, "content"]);
});

it("a dialog that goes away is left to give it back", async () => {
  expect(await goes({ [AROUND]: place({ isConnected: false, isInDialog: true }) })).toEqual([AROUND]);
});

it("who is elsewhere stays there", async () => {
  expect(await goes({ [AROUND]: place() }, false)).toEqual([]);
});

it("the list of the chat is left to give it on itself", async () => {
  expect(await goes({ [AROUND]: place(), "[role=log]": place() })).toEqual([]);
});
