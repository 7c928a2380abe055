/** What people do in a chat, for browser tests. */
import assert from "node:assert/strict";
import { BASE, until } from "./harness.mjs";

/** Opens a page with a chat and waits until it is connected. */
export async function enter(who, path) {
  await who.page.goto(`${BASE}${path}`);
  await untilConnected(who);
}

export function untilConnected(who) {
  return until(
    "the chat is open",
    async () => (await who.at("chat-status").getAttribute("data-status")) === "open",
  );
}

export async function say(who, text) {
  await who.at("chat-input").fill(text);
  await who.page.keyboard.press("Enter");
}

/** Says it again until it is taken: what went before may still count in slow mode. */
export async function sayTaken(who, text) {
  await until(`"${text}" is taken`, async () => {
    if ((await line(who, text).count()) > 0) return true;
    if (await who.at("chat-discard").count()) await who.at("chat-discard").first().click();
    if ((await who.at("chat-pending").count()) === 0) await say(who, text);
    return false;
  });
}

/** The line that has this text. */
export const line = (who, text) => who.at("chat-message").filter({ hasText: text });

/** All of them see the text, once. */
export async function assertSeen(text, ...people) {
  for (const who of people) {
    await line(who, text).first().waitFor();
    assert.equal(await line(who, text).count(), 1, text);
  }
}

/** Moves the mouse to a line: a mouse that rests points at nothing. */
export async function point(who, text) {
  await who.page.mouse.move(3, 3);
  await line(who, text).hover();
}

/** Points at a line and presses one of its buttons. */
export async function press(who, text, button) {
  await point(who, text);
  await line(who, text).getByTestId(button).click();
}

/** Opens the line's menu and takes an entry. */
export async function choose(who, text, menu, entry) {
  await press(who, text, menu);
  await who.at(entry).click();
}

/** Says a command and waits for its answer. */
export async function command(who, text, answer) {
  const before = await who.at("chat-aside").count();
  await say(who, text);
  await until(
    `an answer to ${text}`,
    async () => {
      const asides = await who.at("chat-aside").allInnerTexts();
      return asides.length > before && asides.slice(before).some((words) => answer.test(words));
    },
    10_000,
  );
}

/** What has the focus, as test id or role. */
export const focused = (who) =>
  who.page.evaluate(() => {
    const { activeElement: e } = document;
    return e?.dataset.testid ?? e?.getAttribute("role") ?? e?.tagName ?? null;
  });

/** More than any page has to come to. */
const MOST_TABS = 250;

/** Presses Tab, or Shift+Tab, until something has the focus. */
export async function tabTo(who, id, key = "Tab") {
  await who.at(id).first().waitFor();
  for (let n = 0; n < MOST_TABS; n++) {
    if ((await focused(who)) === id) return;
    await who.page.keyboard.press(key);
  }
  assert.fail(`${key} does not come to ${id}`);
}

/** Presses Tab a few times: the focus stays in the dialog that is open, or is the browser's own between its end and its beginning. */
export async function assertKeptInDialog(who, presses = 12) {
  for (let n = 0; n < presses; n++) {
    await who.page.keyboard.press("Tab");
    const inside = await who.page.evaluate(
      () => document.activeElement === document.body || document.activeElement?.closest("dialog") !== null,
    );
    assert.ok(inside, "the focus left the dialog");
  }
}
