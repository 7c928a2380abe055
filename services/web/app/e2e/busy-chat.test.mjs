/**
 * A chat at a hundred messages a second: few of its lines are in the page whatever comes, who reads further up is left in peace and told how much has
 * come, and who follows sees the newest. What it costs is measured elsewhere.
 */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { call, join } from "./api.mjs";
import { attribute, freshName, person, registerPerson, skip, stage, until } from "./harness.mjs";
import { enter, line } from "./room.mjs";

/** `TAIL` and `MOST` of `src/chat/window.ts`: lines in the page of who follows, and of who reads further up. */
const TAIL = 80;
const MOST = 240;
/** Said before anybody comes: more than a window shows, and no more than a join brings. */
const BEFORE = 100;
const RUSH = 500;
/** The server gives its readers twice as many before it leaves some out. */
const A_SECOND = 100;

/** Runs in the page: from now on `window.crowd` knows the most lines that were in it, and how far the one of that id was from its place at most, px. */
function watchLines(id) {
  const list = document.querySelector("[data-testid=chat-list]");
  const place = () => list.querySelector(`li[data-id="${id}"]`)?.getBoundingClientRect().top;
  const from = place();
  const crowd = { most: 0, moved: 0 };
  window.crowd = crowd;
  const look = () => {
    crowd.most = Math.max(crowd.most, list.querySelectorAll("li[data-id]").length);
    crowd.moved = Math.max(crowd.moved, Math.abs((place() ?? from) - from) || 0);
  };
  new MutationObserver(look).observe(list, { childList: true, subtree: true });
  setInterval(look, 50);
}

/** Runs in the page: id of the line in the middle of the list. */
function middleLine(list) {
  const { top, bottom } = list.getBoundingClientRect();
  const below = (row) => row.getBoundingClientRect().bottom > (top + bottom) / 2;
  return [...list.querySelectorAll("li[data-id]")].find(below).dataset.id;
}

describe("a chat at a hundred messages a second", { skip }, () => {
  const names = Object.fromEntries(["room", "reader", "fan"].map((start) => [start, freshName(start)]));
  const talkers = [1, 2, 3, 4].map((n) => freshName(`talk${n}`));
  let [reader, follower] = [];
  let said = 0;
  stage([], async ({ browser }) => {
    [reader, follower] = await Promise.all([1, 2].map(() => person(browser, { locale: "en-US" })));
    for (const name of [names.room, ...talkers]) await join(name);
    await registerPerson(reader, names.reader);
    await registerPerson(follower, names.fan);
    await talk(BEFORE);
    for (const who of [reader, follower]) await enter(who, `/popout/${names.room}/chat`);
  });

  /** Says so many more lines, the talkers all at once. */
  async function talk(count) {
    const path = `/api/chat/rooms/${names.room}/messages`;
    const texts = Array.from({ length: count }, () => `line ${++said} of many`);
    await Promise.all(texts.map((text, n) => call(talkers[n % talkers.length], "POST", path, { text })));
  }

  const lines = (who) => who.page.locator("[data-testid=chat-list] li[data-id]");
  const crowd = (who) => who.page.evaluate(() => window.crowd);
  const top = () => reader.at("chat-list").evaluate((list) => list.scrollTop);

  it("leaves who reads further up in peace while five hundred lines come, and counts them", async () => {
    await until("who follows has the newest only", async () => (await lines(follower).count()) === TAIL);
    await reader.at("chat-list").hover();
    await reader.page.mouse.wheel(0, -600);
    await until("paused", async () => (await attribute(reader, "chat-list", "data-paused")) !== null);
    let last = Number.NaN;
    await until("the list rests", async () => {
      const before = last;
      last = await top();
      return last === before;
    });
    await reader.page.evaluate(watchLines, await reader.at("chat-list").evaluate(middleLine));
    await follower.page.evaluate(watchLines, null);
    for (let n = 0; n < RUSH / A_SECOND; n++) {
      const next = sleep(1_000);
      await talk(A_SECOND);
      await next;
    }
    await until("all of them are counted", async () =>
      (await reader.at("chat-resume").innerText()).includes(`${RUSH} new messages`),
    );
    assert.equal(await reader.at("chat-skipped").count(), 0, "none was left out");
    assert.equal(await top(), last);
    const { moved, most } = await crowd(reader);
    assert.ok(moved < 1, `what is read moved by ${moved} px`);
    assert.ok(most > 0 && most <= MOST, `${most} lines in the page`);
  });

  it("shows who follows the newest of them, and has few in the page all the while", async () => {
    await line(follower, `line ${BEFORE + RUSH} of many`).waitFor();
    await until("it is at the end", () =>
      follower.at("chat-list").evaluate((l) => l.scrollHeight - l.scrollTop - l.clientHeight < 2),
    );
    assert.equal((await crowd(follower)).most, TAIL);
  });

  it("has no more than so many in the page however far one reads on, and takes one to the end", async () => {
    await reader.at("chat-list").hover();
    await until("as many as there may be", async () => {
      await reader.page.mouse.wheel(0, 500);
      return (await lines(reader).count()) === MOST;
    });
    assert.equal(await attribute(reader, "chat-list", "data-paused"), "true", "still further up");
    await reader.at("chat-resume").click();
    await line(reader, `line ${BEFORE + RUSH} of many`).waitFor();
    await until("as who follows", async () => (await lines(reader).count()) === TAIL);
    assert.equal((await crowd(reader)).most, MOST);
    assert.deepEqual([...reader.failures, ...follower.failures], []);
  });
});
