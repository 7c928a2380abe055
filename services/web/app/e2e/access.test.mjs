/** The chat without a mouse and without a screen: keys, focus, what a screen reader is told, and what axe-core finds, in both themes. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { assertClean } from "./axe.mjs";
import { BASE, freshName, person, registerPerson, skip, stage, until } from "./harness.mjs";
import { assertKeptInDialog, assertSeen, command, enter, focused, line, press, say } from "./room.mjs";

describe("the chat without a mouse and without a screen", { skip }, () => {
  let [owner, noor] = [];
  const names = Object.fromEntries(["maya", "noor"].map((n) => [n, freshName(n)]));
  const room = `/${names.maya}`;
  const scene = stage([], async ({ browser }) => {
    [owner, noor] = [await person(browser), await person(browser)];
    await registerPerson(owner, names.maya);
    await registerPerson(noor, names.noor);
    await enter(owner, room);
    await enter(noor, room);
  });
  const keys = async (...list) => {
    for (const key of list) await noor.page.keyboard.press(key);
  };

  it("writes, goes up to a line, answers it, and is back in the input", async () => {
    await say(owner, "a line to answer");
    await assertSeen("a line to answer", noor);
    await noor.at("chat-input").focus();
    await keys("ArrowUp");
    assert.equal(await focused(noor), "chat-list");
    await keys("ArrowUp");
    assert.equal(await focused(noor), "chat-message");
    // The name, then the actions.
    await keys("Tab", "Tab");
    assert.equal(await focused(noor), "line-reply");
    await keys("Enter");
    assert.equal(await focused(noor), "chat-input");
    await noor.page.keyboard.type("answered by keyboard");
    await keys("Enter");
    await assertSeen("answered by keyboard", owner);
    assert.equal(await focused(noor), "chat-input");
  });

  it("a menu opens, moves, closes, and gives the focus back", async () => {
    await keys("ArrowUp", "ArrowUp", "Home");
    while ((await focused(noor)) !== "line-more") await keys("Tab");
    await keys("Enter");
    assert.equal(await focused(noor), "line-card");
    await keys("ArrowDown");
    assert.equal(await focused(noor), "line-report");
    await keys("Escape");
    assert.equal(await focused(noor), "line-more");
    await keys("Escape");
    assert.equal(await focused(noor), "chat-input");
  });

  it("a dialog keeps the focus and gives it back", async () => {
    await keys("ArrowUp", "ArrowUp", "Home", "Tab", "Enter");
    await noor.at("user-card").waitFor();
    await assertKeptInDialog(noor);
    await keys("Escape");
    await until("it is closed", async () => (await noor.at("user-card").count()) === 0);
    assert.equal(await focused(noor), "chat-name");
    await keys("Escape");
    assert.equal(await focused(noor), "chat-input");
  });

  it("the focus is not lost with the line that had it", async () => {
    await say(owner, "soon deleted");
    await assertSeen("soon deleted", noor);
    await noor.at("chat-input").focus();
    await keys("ArrowUp", "ArrowUp");
    assert.match(await noor.page.evaluate(() => document.activeElement.textContent), /soon deleted/);
    await press(owner, "soon deleted", "line-delete");
    await until("deleted", async () => (await line(noor, "soon deleted").count()) === 0);
    assert.equal(await focused(noor), "chat-message");
    await keys("Escape");
  });

  it("a screen reader is told who spoke, and in a rush how many", async () => {
    const spoken = () => noor.at("chat-spoken").innerText();
    assert.equal(await noor.at("chat-spoken").getAttribute("aria-live"), "polite");
    assert.equal(await noor.at("chat-list").getAttribute("aria-live"), "off");
    assert.equal(await noor.at("chat-list").getAttribute("role"), "log");
    await say(owner, "just one line");
    await until("it is read", async () => /: just one line\./.test(await spoken()));
    // What comes between two announcements is told at once; a rush that falls on one of them may be read in two parts, and comes again.
    let last = 0;
    await until("they are counted", async () => {
      for (const end = last + 6; last < end; ) await say(owner, `rush ${++last}`);
      const whole = new RegExp(`rush ${last}\\.|new messages\\.`);
      await until("it is told", async () => whole.test(await spoken()));
      return /[4-6] new messages\./.test(await spoken());
    });
    await say(owner, `@${names.noor} this is for you`);
    await until("it is told", async () => /to you: @/.test(await spoken()));
  });

  it("axe finds nothing wrong, in both themes", async (t) => {
    await say(owner, "see https://example.org and :wave:");
    await command(owner, "/slow 5s", /./);
    // With what shows that the page is whole.
    const pages = [
      ["a channel", room, () => line(owner, "answered by keyboard")],
      ["the chat alone", `/popout${room}/chat`, () => line(owner, "answered by keyboard")],
      ["the overlay", `/overlay${room}/chat?bg=dark`, () => owner.at("overlay-line").first()],
      ["the queue", `/moderation${room}?tab=queue`, () => owner.page.getByText("Nothing waits.")],
      ["people", `/moderation${room}?tab=people`, () => owner.page.getByText("Nobody is kept out.")],
      ["the rules", `/moderation${room}?tab=rules`, () => owner.page.getByText("No terms yet.")],
      ["the log", `/moderation${room}?tab=log`, () => owner.at("desk-act").first()],
      ["emotes", `/moderation${room}?tab=emotes`, () => owner.page.getByText("None of its own yet.")],
      ["the team", `/moderation${room}?tab=team`, () => owner.page.getByText("You are on your own so far.")],
      ["bots", `/moderation${room}?tab=bots`, () => owner.page.getByText("No bots.")],
      ["the dashboard", "/dashboard", () => owner.at("overlay-url")],
    ];
    for (const [what, path, whole] of pages) {
      await t.test(what, async () => {
        await owner.page.goto(`${BASE}${path}`);
        await whole().waitFor();
        await assertClean(owner.page, what);
      });
    }
    await t.test("what opens over a channel", async () => {
      await enter(owner, room);
      await press(owner, "answered by keyboard", "line-timeout");
      await assertClean(owner.page, "the menu");
      await owner.page.keyboard.press("Escape");
      await owner.at("chat-input").fill("/");
      await owner.at("chat-completions").waitFor();
      await assertClean(owner.page, "completions");
      await owner.at("chat-input").fill("");
      await owner.at("chat-emotes").click();
      await owner.at("emote-picker").getByRole("button").first().waitFor();
      await assertClean(owner.page, "emotes");
      await owner.page.keyboard.press("Escape");
      await line(owner, "answered by keyboard").getByTestId("chat-name").click();
      await owner.at("user-card").waitFor();
      await assertClean(owner.page, "the card");
      await owner.page.keyboard.press("Escape");
    });
    await enter(owner, room);
    await command(owner, "/slow off", /./);
  });

  it("no page broke", () => {
    assert.ok(scene.browser.isConnected());
    assert.deepEqual([...owner.failures, ...noor.failures], []);
  });
});
