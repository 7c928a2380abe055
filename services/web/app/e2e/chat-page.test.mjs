/**
 * What the chat's pages do for people beside talking: an image taken back, people one has hidden, an overlay whose clock is wrong, the end
 * of a ban, the moderators' queue and log, and a phone's screen. Steps build on each other and run in order.
 */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { assertClean } from "./axe.mjs";
import { attribute, BASE, freshName, person, registerPerson, skip, stage, until } from "./harness.mjs";
import { assertSeen, choose, command, enter, line, press, say } from "./room.mjs";

const PHONE = { viewport: { width: 390, height: 844 }, hasTouch: true };

describe("the chat's pages as people meet them", { skip }, () => {
  let [owner, noor, omar, phone] = [];
  const names = Object.fromEntries(["maya", "noor", "omar"].map((n) => [n, freshName(n)]));
  const room = `/${names.maya}`;
  const tokens = {};
  /** A call of this person's to the chat of the room; gives the answer's body. */
  const call = async (who, method, path, body) => {
    const answer = await fetch(`${BASE}/api/chat/${path}`, {
      method,
      headers: { authorization: `Bearer ${tokens[who]}`, "content-type": "application/json" },
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
    assert.ok(answer.ok, `${method} ${path}: ${answer.status}`);
    return answer.status === 204 ? null : answer.json().catch(() => null);
  };
  const inRoom = (who, method, path, body) => call(who, method, `rooms/${names.maya}/${path}`, body);
  const scene = stage([], async ({ browser }) => {
    [owner, noor, omar] = await Promise.all(Array.from({ length: 3 }, () => person(browser)));
    phone = await person(browser, PHONE);
    for (const [who, name] of [
      [owner, names.maya],
      [noor, names.noor],
      [omar, names.omar],
    ]) {
      await registerPerson(who, name);
      const login = { login: name, password: `correct horse ${name}` };
      const answer = await who.context.request.post(`${BASE}/api/auth/login`, { data: login });
      tokens[name] = (await answer.json()).access_token;
    }
    for (const who of [owner, noor, omar]) await enter(who, room);
  });

  it("an image that is taken back while it uploads does not go with the next message", async () => {
    await inRoom(names.maya, "PATCH", "settings", { images: true });
    await owner.at("chat-image").waitFor({ state: "attached" });
    let pass;
    const held = new Promise((resolve) => {
      pass = resolve;
    });
    await owner.page.route("**/images", async (route) => {
      await held;
      await route.continue();
    });
    const buffer = await owner.page.screenshot({ clip: { x: 0, y: 0, width: 80, height: 80 } });
    const uploaded = owner.page.waitForResponse("**/images");
    await owner.at("chat-image").setInputFiles({ name: "a.png", mimeType: "image/png", buffer });
    await owner.page.getByRole("button", { name: "Remove the image" }).click();
    pass();
    await (await uploaded).finished();
    await owner.page.unroute("**/images");
    await say(owner, "only words");
    await assertSeen("only words", noor);
    assert.equal(
      await line(noor, "only words")
        .getByRole("img", { name: /^Shared by/ })
        .count(),
      0,
    );
    assert.equal(await owner.page.getByText("Goes with your message.").count(), 0);
  });

  it("hidden people are neither read aloud nor quoted nor pinned", async () => {
    await say(omar, "the words of omar");
    await assertSeen("the words of omar", noor, owner);
    await choose(noor, "the words of omar", "line-more", "line-block");
    await until("hidden", async () => (await line(noor, "the words of omar").count()) === 0);
    await noor.page.evaluate(() => {
      window.heard = "";
      const region = document.querySelector("[data-testid=chat-spoken]");
      new MutationObserver(() => {
        window.heard += `${region.textContent}\n`;
      }).observe(region, { childList: true, characterData: true, subtree: true });
    });
    await say(omar, "more words of omar");
    await press(owner, "the words of omar", "line-reply");
    await say(owner, "an answer to omar");
    await assertSeen("an answer to omar", noor);
    await until("it is read aloud", () => noor.page.evaluate(() => /an answer to omar/.test(window.heard)));
    assert.doesNotMatch(await noor.page.evaluate(() => window.heard), /words of omar/);
    const answer = line(noor, "an answer to omar");
    assert.match(await answer.innerText(), /Answers somebody you have hidden/);
    assert.doesNotMatch(await answer.innerText(), /words of omar/);
    await choose(owner, "more words of omar", "line-more", "line-pin");
    await omar.at("chat-pinned").filter({ hasText: "more words" }).waitFor();
    assert.equal(await noor.at("chat-pinned").count(), 0);
    await command(noor, `/unblock ${names.omar}`, /./);
    await noor.at("chat-pinned").filter({ hasText: "more words" }).waitFor();
  });

  it("the overlay shows what is said although OBS's clock is half a minute fast, and lets it fade", async () => {
    const obs = await person(scene.browser, { viewport: { width: 420, height: 700 } });
    await obs.page.addInitScript(() => {
      const now = Date.now.bind(Date);
      Date.now = () => now() + 30_000;
    });
    await obs.page.goto(`${BASE}/overlay${room}/chat?fade=5`);
    await until("it is open", async () => (await attribute(obs, "overlay", "data-status")) === "open");
    await say(noor, "news for the picture");
    const shown = obs.at("overlay-line").filter({ hasText: "news for the picture" });
    await shown.waitFor();
    await until("it has faded", async () => (await shown.count()) === 0, 12_000);
    await obs.context.close();
  });

  it("/help gives examples that can be typed, and says what to do with a message", async () => {
    await command(noor, "/help", /\/me waves: .*\n.*\/report dan spam/s);
    const answer = await noor.at("chat-aside").last().innerText();
    assert.match(answer, /Point at a message, or tap it/);
    assert.doesNotMatch(answer, /USER|MESSAGE_ID|\[/);
    await command(owner, "/help", /\/timeout dan 10m spam/);
  });

  it("on a phone what is pinned and asked is a line each, and one at a time opens", async () => {
    await inRoom(names.maya, "POST", "polls", {
      question: "Tea or coffee?",
      options: ["Tea", "Coffee", "Neither"],
      duration_s: 600,
    });
    await enter(phone, room);
    const heights = async () => {
      const [list, top] = await Promise.all([
        phone.at("chat-list").boundingBox(),
        Promise.all(["chat-pinned", "chat-poll"].map((id) => phone.at(id).boundingBox())),
      ]);
      return { list: list.height, top: top.map((box) => box.height) };
    };
    await phone.at("chat-poll").waitFor();
    const folded = await heights();
    for (const height of folded.top) assert.ok(height <= 44, `a line, not ${height}`);
    assert.ok(folded.list >= 180, `${folded.list} pixels of chat`);
    await phone.at("chat-poll-fold").click();
    for (const n of [1, 2, 3])
      await phone
        .at("chat-poll")
        .locator("li")
        .nth(n - 1)
        .waitFor();
    await phone.at("chat-pinned-fold").click();
    assert.equal(await attribute(phone, "chat-poll", "data-folded"), "true");
    await phone.at("chat-pinned").getByText("more words of omar").waitFor();
    await assertClean(phone.page, "the chat on a phone");
    // Wide, all is open, and the end of the poll is in sight.
    await owner.at("chat-poll").getByText("Neither").waitFor();
    await owner.at("poll-end").click();
    await until("ended", async () => /Poll ended/.test(await noor.at("chat-poll").innerText()));
  });

  it("a report leads to the message and to the person, and a ban takes two presses", async () => {
    await choose(noor, "more words of omar", "line-more", "line-report");
    await noor.at("report-submit").click();
    await noor.at("report-dialog").waitFor({ state: "detached" });
    // A line with the focus would keep the list where it is.
    await noor.at("chat-input").click();
    await enter(owner, `/moderation${room}`);
    const report = owner.at("desk-report").filter({ hasText: "more words of omar" });
    await report.getByTestId("report-show").click();
    await until("the line has the focus", () =>
      owner.page.evaluate(() => document.activeElement?.textContent?.includes("more words of omar")),
    );
    await report.getByTestId("report-who").click();
    await owner.at("user-card").getByText("Account since").waitFor();
    await owner.page.keyboard.press("Escape");
    await report.getByTestId("report-ban").click();
    assert.equal(await omar.at("ask-unban").count(), 0);
    await assertClean(owner.page, "the queue");
    await report.getByRole("button", { name: `Ban ${names.omar} for good` }).click();
    await omar.at("ask-unban").waitFor();
    await report.waitFor({ state: "detached" });
  });

  it("a banned person reads why, what was answered, and when to ask again", async () => {
    await omar.at("ask-unban").click();
    await omar.at("unban-text").fill("I am sorry");
    await omar.at("unban-submit").click();
    await omar.at("unban-last").getByText("I am sorry").waitFor();
    await omar.page.keyboard.press("Escape");
    await omar.at("chat-readonly").getByText("The moderators have your request.").waitFor();
    const request = owner.at("desk-unban-request").filter({ hasText: "I am sorry" });
    await request.getByRole("textbox").fill("not this week");
    await request.getByRole("button", { name: "Keep banned" }).click();
    await omar.at("chat-readonly").getByText("not this week").waitFor();
    await omar.at("ask-unban").click();
    assert.match(await omar.at("unban-last").innerText(), /I am sorry[\s\S]*not this week/);
    await omar.at("unban-text").fill("please");
    await omar.at("unban-submit").click();
    await omar.page.getByText(/ask again in \d+ (days|hours)/).waitFor();
    await assertClean(omar.page, "the request of before");
    await omar.page.keyboard.press("Escape");
  });

  it("the end of a ban is noticed by itself", async () => {
    await inRoom(names.maya, "DELETE", `bans/${names.omar}`);
    await omar.at("chat-input").waitFor();
    await say(omar, "let in again");
    await assertSeen("let in again", noor);
  });

  it("the log says what was done to what", async () => {
    const { id } = await inRoom(names.maya, "POST", "terms", { term: "lantern*" });
    await inRoom(names.maya, "DELETE", `terms/${id}`);
    const bot = await inRoom(names.maya, "POST", "bots", { name: "clock", scopes: ["say"] });
    await inRoom(names.maya, "DELETE", `bots/${bot.id}`);
    await press(owner, "only words", "line-delete");
    await until("deleted", async () => (await line(noor, "only words").count()) === 0);
    await owner.at("tab-log").click();
    const maya = names.maya;
    for (const words of [
      `${maya} blocked the term “lantern*”`,
      `${maya} unblocked the term “lantern*”`,
      /made the bot .*clock/,
      /revoked the bot .*clock/,
      `${maya} deleted a message of their own from `,
      `${maya} pinned a message of ${names.omar} from `,
    ])
      await owner.at("desk-act").filter({ hasText: words }).first().waitFor();
    assert.doesNotMatch(await owner.at("desk-log").innerText(), /did [“"]/);
    const banned = owner.at("desk-act").filter({ hasText: `${maya} banned ${names.omar}` });
    assert.match(await banned.innerText(), /Taken back by/);
    assert.equal(await banned.getByTestId("desk-undo").count(), 0);
  });

  it("the chosen tab is in sight on a phone, and the bots' page leads to what they can call", async () => {
    await owner.page.setViewportSize(PHONE.viewport);
    await owner.page.goto(`${BASE}/moderation${room}?tab=bots`);
    const tab = owner.at("tab-bots");
    await tab.waitFor();
    await until("in sight", async () => {
      const box = await tab.boundingBox();
      return box.x >= 0 && box.x + box.width <= PHONE.viewport.width;
    });
    const link = owner.at("desk-bots").getByRole("link", { name: "what it can call" });
    const answer = await owner.context.request.get(new URL(await link.getAttribute("href"), BASE).href);
    assert.ok(answer.ok());
    assert.doesNotMatch(await owner.at("desk-bots").innerText(), /\.md/);
  });

  it("a window of its own says whose chat it is", async () => {
    await enter(phone, `/popout${room}/chat`);
    const head = phone.page.getByRole("heading", { level: 1 });
    assert.equal(await head.innerText(), `Chat of ${names.maya}`);
    const { width } = await head.boundingBox();
    assert.ok(width > 50, `it is ${width} px wide`);
    await assertClean(phone.page, "the chat in a window of its own");
  });

  it("no page broke, broke the content policy or asked a third party", () => {
    assert.deepEqual(
      [owner, noor, omar, phone].flatMap((who) => who.failures),
      [],
    );
  });
});
