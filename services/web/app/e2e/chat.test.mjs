/**
 * The chat, as two people, a moderator and the owner use it: talk, modes, moderation, polls, the window of its own and the overlay. Steps
 * build on each other and run in order.
 */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { attribute, BASE, freshName, person, registerPerson, skip, stage, until } from "./harness.mjs";
import {
  assertSeen,
  choose,
  command,
  enter,
  focused,
  line,
  press,
  say,
  sayTaken,
  untilConnected,
} from "./room.mjs";

describe("a chat with two people, a moderator and the owner", { skip }, () => {
  let [owner, mod, noor, omar, visitor] = [];
  const names = Object.fromEntries(["maya", "ada", "noor", "omar"].map((n) => [n, freshName(n)]));
  const room = `/${names.maya}`;
  const everybody = () => [owner, mod, noor, omar, visitor];
  const scene = stage([], async ({ browser }) => {
    [owner, mod, noor, omar, visitor] = await Promise.all(Array.from({ length: 5 }, () => person(browser)));
    await registerPerson(owner, names.maya);
    await registerPerson(mod, names.ada);
    await registerPerson(noor, names.noor);
    await registerPerson(omar, names.omar);
  });

  it("the owner makes a moderator on the moderation page", async () => {
    await enter(owner, `/moderation${room}?tab=team`);
    await owner.at("team-name").fill(names.ada);
    await owner.at("team-add").click();
    await owner.at("team-member").filter({ hasText: names.ada }).waitFor();
  });

  it("who moderates nothing is told so", async () => {
    await noor.page.goto(`${BASE}/moderation${room}`);
    await noor.at("not-moderator").waitFor();
  });

  it("what one says everybody reads, once, and visitors are asked to sign in", async () => {
    for (const who of [mod, noor, omar, visitor]) await enter(who, room);
    await say(noor, "hello from noor");
    await say(omar, "hello from omar");
    await assertSeen("hello from noor", ...everybody());
    await assertSeen("hello from omar", ...everybody());
    await until("nothing is pending", async () => (await noor.at("chat-pending").count()) === 0);
    await visitor.at("chat-readonly").getByRole("link", { name: "Sign in" }).waitFor();
    assert.match(await line(mod, "hello from noor").innerText(), /First message here/);
  });

  it("badges say who is who", async () => {
    await say(owner, "the owner speaks");
    await say(mod, "the moderator speaks");
    await line(noor, "the owner speaks").getByRole("img", { name: "Broadcaster" }).waitFor();
    await line(noor, "the moderator speaks").getByRole("img", { name: "Moderator" }).waitFor();
    for (const words of ["the owner speaks", "the moderator speaks"])
      assert.doesNotMatch(await line(noor, words).innerText(), /First message/, "they are at home here");
  });

  it("a reply quotes, and the quote leads to what it answers", async () => {
    await press(omar, "hello from noor", "line-reply");
    assert.match(await omar.at("chat-replying").innerText(), /hello from noor/);
    await say(omar, "welcome to you");
    await assertSeen("welcome to you", ...everybody());
    const quote = line(visitor, "welcome to you").getByTestId("chat-quote");
    assert.match(await quote.innerText(), /hello from noor/);
    await quote.click();
    await until("the line has the focus", () =>
      visitor.page.evaluate(() => document.activeElement?.textContent?.includes("hello from noor")),
    );
    await visitor.page.keyboard.press("End");
  });

  it("a name is completed, and being named stands out", async () => {
    await omar.at("chat-input").fill(`look, @${names.noor.slice(0, 6)}`);
    await omar.at("chat-completions").getByRole("option").first().waitFor();
    await omar.page.keyboard.press("Enter");
    assert.equal(await omar.at("chat-input").inputValue(), `look, @${names.noor} `);
    await omar.page.keyboard.press("Enter");
    const mention = `look, @${names.noor}`;
    await assertSeen(mention, ...everybody());
    assert.equal(await line(noor, mention).getAttribute("data-mention"), "true");
    assert.equal(await line(mod, mention).getAttribute("data-mention"), null);
  });

  it("text is text, and only web addresses become links", async () => {
    const text = "<img src=x onerror=alert(1)> javascript:alert(1) https://example.org/a?b=c.";
    await say(mod, text);
    await line(noor, "onerror").waitFor();
    const links = await line(noor, "onerror").locator("a").all();
    assert.equal(links.length, 1);
    assert.equal(await links[0].getAttribute("href"), "https://example.org/a?b=c");
    assert.match(await links[0].getAttribute("rel"), /noopener.*nofollow.*ugc/);
    assert.equal(await line(noor, "onerror").locator("img").count(), 0);
    assert.ok((await line(noor, "onerror").innerText()).includes(text));
  });

  it("an emote is picked, shown as a picture, and read by its name", async () => {
    await noor.at("chat-input").fill("good morning");
    await noor.at("chat-emotes").click();
    await noor.at("emote-picker").getByRole("searchbox").fill("wave");
    await noor.page.keyboard.press("Enter");
    assert.equal(await noor.at("chat-input").inputValue(), "good morning :wave: ");
    await noor.page.keyboard.press("Enter");
    await assertSeen("good morning", ...everybody());
    const picture = line(omar, "good morning").locator("img");
    assert.equal(await picture.getAttribute("alt"), ":wave:");
    await until("it is drawn", () => picture.evaluate((img) => img.complete && img.naturalWidth > 0));
  });

  it("the channel's own emote is uploaded, completed and drawn", async () => {
    await owner.at("tab-emotes").click();
    await owner.at("emote-name").fill("lamp");
    await owner.at("emote-file").setInputFiles(await picture(owner.page, 64));
    await owner.at("emote-add").click();
    await owner.at("emote-row").filter({ hasText: "lamp" }).waitFor();
    await omar.at("chat-input").fill("light it :lam");
    await omar.at("chat-completions").getByRole("option", { name: "lamp" }).click();
    assert.equal(await omar.at("chat-input").inputValue(), "light it :lamp: ");
    await omar.page.keyboard.press("Enter");
    const drawn = line(noor, "light it").locator("img");
    await drawn.waitFor();
    await until("it is drawn", () => drawn.evaluate((img) => img.complete && img.naturalWidth > 0));
    // Its deletion is asked about.
    await owner.at("emote-delete").click();
    await owner.at("emote-delete-cancel").click();
    await owner.at("emote-delete").click();
    await owner.at("emote-delete-confirm").click();
    await owner.at("emote-row").waitFor({ state: "detached" });
  });

  it("an image is shared where the owner allows it, after a moderator saw it, and opens", async () => {
    assert.equal(await noor.at("chat-image").count(), 0);
    await owner.at("tab-rules").click();
    await owner.at("mode-images").click();
    await noor.at("chat-image").setInputFiles(await picture(owner.page, 300));
    await noor.page.getByText("Goes with your message.").waitFor();
    await say(noor, "a picture of mine");
    // The account is new.
    const hold = mod.at("chat-hold").filter({ hasText: "a picture of mine" });
    await hold.getByRole("img", { name: /^Shared by/ }).waitFor();
    await hold.getByTestId("hold-approve").click();
    const shared = line(omar, "a picture of mine").getByRole("img", { name: /^Shared by/ });
    await shared.waitFor();
    await until("it is drawn", () => shared.evaluate((img) => img.complete && img.naturalWidth > 0));
    await shared.click();
    await omar.at("image-dialog").waitFor();
    await omar.page.keyboard.press("Escape");
    await until("closed", async () => (await omar.at("image-dialog").count()) === 0);
  });

  it("/me and commands: an answer for oneself, a refusal in words", async () => {
    await say(omar, "/me waves to all");
    await assertSeen("waves to all", ...everybody());
    await command(omar, "/help", /\/me/);
    await say(omar, "/slow 10s");
    await until("a refusal", async () => /may not/.test(await omar.at("chat-pending").innerText()));
    await omar.at("chat-discard").click();
    assert.equal(await noor.at("chat-message").filter({ hasText: "/slow" }).count(), 0);
  });

  it("a moderator deletes a message, and its text is nowhere any more", async () => {
    await say(omar, "something to regret");
    await assertSeen("something to regret", ...everybody());
    await press(noor, "something to regret", "line-reply");
    await say(noor, "what do you mean");
    await assertSeen("what do you mean", ...everybody());
    await mod.page.mouse.move(3, 3);
    await line(mod, "something to regret").first().hover();
    await line(mod, "something to regret").first().getByTestId("line-delete").click();
    for (const who of everybody()) {
      await until("it is gone", async () => {
        const text = await who.at("chat-list").innerText();
        return !text.includes("something to regret") && text.includes("deleted by a moderator");
      });
    }
  });

  it("slow mode: said in words, counted down, and not for moderators", async () => {
    await command(mod, "/slow 8s", /8 seconds|slow/i);
    await until("the mode in words", async () =>
      /one message every 8 seconds/.test(await noor.at("chat-modes").innerText()),
    );
    await sayTaken(noor, "first in slow mode");
    await assertSeen("first in slow mode", ...everybody());
    await until("a countdown", async () =>
      /again in [1-8] seconds?/.test(await noor.at("chat-notice").innerText()),
    );
    assert.equal(await attribute(noor, "chat-send", "aria-disabled"), "true");
    await noor.at("chat-input").fill("kept while I wait");
    await say(mod, "moderators need not wait");
    await say(mod, "at all");
    await assertSeen("at all", noor);
    await until("the wait is over", async () => (await noor.at("chat-notice").count()) === 0, 12_000);
    assert.equal(await noor.at("chat-input").inputValue(), "kept while I wait");
    await noor.page.keyboard.press("Enter");
    await assertSeen("kept while I wait", ...everybody());
    await command(mod, "/slow off", /off/i);
    await until("no mode", async () => (await noor.at("chat-modes").count()) === 0);
  });

  it("followers only: the page says what to do, with the button for it", async () => {
    await command(mod, "/followers", /./);
    await until("the mode in words", async () =>
      /follow to write/i.test(await omar.at("chat-modes").innerText()),
    );
    await say(omar, "not a follower yet");
    await until("refused", async () => (await attribute(omar, "chat-pending", "data-state")) === "failed");
    await omar.at("chat-follow").click();
    await until("followed", async () => (await omar.at("chat-follow").count()) === 0);
    await omar.at("chat-edit").click();
    assert.equal(await omar.at("chat-input").inputValue(), "not a follower yet");
    await omar.at("chat-input").fill("");
    await sayTaken(omar, "a follower now");
    await command(mod, "/followers off", /./);
    await until("no mode", async () => (await omar.at("chat-modes").count()) === 0);
  });

  it("a time-out: counted down, with the reason, the text kept, and undone", async () => {
    await omar.at("chat-input").fill("half a thought");
    await choose(mod, "a follower now", "line-timeout", "timeout-60");
    await until("told so", async () =>
      /cannot write here for \d+ seconds/.test(await omar.at("chat-sanction").innerText()),
    );
    assert.equal(await omar.at("chat-input").inputValue(), "half a thought");
    await omar.page.keyboard.press("Enter");
    assert.equal(await attribute(omar, "chat-send", "aria-disabled"), "true");
    assert.equal(await omar.at("chat-input").inputValue(), "half a thought");
    await mod.at("chat-aside").filter({ hasText: "timed out" }).getByRole("button", { name: "Undo" }).click();
    await until("over", async () => (await omar.at("chat-sanction").count()) === 0);
    await omar.page.keyboard.press("Enter");
    await assertSeen("half a thought", ...everybody());
  });

  it("a held message: its author waits, others see nothing, a moderator lets it through", async () => {
    await owner.at("tab-rules").click();
    await owner.at("rule-terms").selectOption("hold");
    await owner.at("term-input").fill("lantern*");
    await owner.at("term-add").click();
    await owner.at("term").filter({ hasText: "lantern*" }).waitFor();
    await say(noor, "buy my lanterns");
    await until("held", async () => (await attribute(noor, "chat-pending", "data-state")) === "held");
    assert.match(await noor.at("chat-pending").innerText(), /waiting for a moderator/i);
    const hold = mod.at("chat-hold").filter({ hasText: "buy my lanterns" });
    await hold.waitFor();
    assert.equal(await line(omar, "buy my lanterns").count(), 0);
    for (const who of [noor, mod]) await who.page.reload();
    await noor.at("chat-pending").filter({ hasText: "buy my lanterns" }).waitFor();
    assert.equal(await attribute(noor, "chat-pending", "data-state"), "held");
    await hold.getByText("a blocked term (lantern*)").waitFor();
    await hold.getByTestId("hold-approve").click();
    await assertSeen("buy my lanterns", ...everybody());
    await until("settled", async () => (await noor.at("chat-pending").count()) === 0);
    await until("the queue is empty", async () => (await mod.at("chat-hold").count()) === 0);
  });

  it("the queue on the moderation page goes by keyboard: d keeps out", async () => {
    await owner.at("tab-queue").click();
    await say(noor, "more lanterns");
    const row = owner.at("desk-hold").filter({ hasText: "more lanterns" });
    await row.waitFor();
    await row.focus();
    await owner.page.keyboard.press("d");
    await until("gone", async () => (await row.count()) === 0);
    await until("told", async () => /did not let/.test(await noor.at("chat-pending").innerText()));
    await noor.at("chat-discard").click();
    assert.equal(await line(omar, "more lanterns").count(), 0);
  });

  it("a pinned message stays on top until it is put away", async () => {
    await choose(mod, "half a thought", "line-more", "line-pin");
    for (const who of [noor, visitor]) {
      await who.at("chat-pinned").filter({ hasText: "half a thought" }).waitFor();
    }
    await noor.at("chat-pinned").getByRole("button", { name: "Put the pinned message away" }).click();
    await until("put away", async () => (await noor.at("chat-pinned").count()) === 0);
    assert.equal(await visitor.at("chat-pinned").count(), 1);
    await mod.at("chat-unpin").click();
    await until("down", async () => (await visitor.at("chat-pinned").count()) === 0);
  });

  it("a poll: asked, voted, counted, ended", async () => {
    await mod.at("chat-ask").click();
    await mod.at("poll-question").fill("Sea or mountains?");
    const long = `The sea ${"y".repeat(55)}`;
    await mod.at("poll-answer-1").fill(long);
    await mod.at("poll-answer-2").fill("Mountains");
    await mod.at("poll-dialog").getByText("At most 60 characters. Take 3 away.").waitFor();
    await mod.at("poll-submit").click();
    await until("the field has the focus", async () => (await focused(mod)) === "poll-answer-1");
    assert.equal(await mod.at("poll-answer-1").inputValue(), long, "what was typed stays");
    await mod.at("poll-answer-1").fill("The sea");
    await mod.at("poll-submit").click();
    await noor.at("poll-option-1").click();
    await omar.at("poll-option-1").click();
    await until("100%", async () => /The sea\s*100%/.test(await visitor.at("chat-poll").innerText()));
    assert.equal(await attribute(noor, "poll-option-1", "aria-pressed"), "true");
    await omar.at("poll-option-2").click();
    await until("half and half", async () => /50%[\s\S]*50%/.test(await visitor.at("chat-poll").innerText()));
    await mod.at("poll-end").click();
    await until("ended", async () => /Poll ended/.test(await visitor.at("chat-poll").innerText()));
    for (const who of [mod, noor, omar, visitor])
      await who.at("chat-poll").getByRole("button", { name: "Put the poll away" }).click();
  });

  it("a report reaches the moderators, and its answer the reporter", async () => {
    await say(omar, "rather rude words");
    await assertSeen("rather rude words", noor);
    await choose(noor, "rather rude words", "line-more", "line-report");
    await noor.at("report-text").fill("please look at it");
    await noor.at("report-submit").click();
    const report = owner.at("desk-report").filter({ hasText: "rather rude words" });
    await report.waitFor();
    await mod.page.getByRole("link", { name: "Moderation: 1 report" }).waitFor();
    await noor.at("chat-notice").getByRole("link", { name: "My reports" }).waitFor();
    await report.getByRole("textbox").fill("Thank you, noted.");
    await report.getByTestId("report-done").click();
    await mod.page.getByRole("link", { name: "Moderation", exact: true }).waitFor();
    await noor.at("chat-aside").filter({ hasText: "Thank you, noted." }).waitFor();
  });

  it("who is blocked is not read, and comes back by a command", async () => {
    await choose(noor, "rather rude words", "line-more", "line-block");
    await until("hidden", async () => (await line(noor, "rather rude words").count()) === 0);
    assert.equal(await line(mod, "rather rude words").count(), 1);
    await command(noor, `/unblock ${names.omar}`, /./);
    await line(noor, "rather rude words").waitFor();
  });

  it("the user card knows what a moderator needs", async () => {
    await line(mod, "rather rude words").getByTestId("chat-name").click();
    await mod.at("user-card").getByText("Account since").waitFor();
    assert.match(await mod.at("user-card").innerText(), /rather rude words/);
    await mod.page.keyboard.press("Escape");
    await until("closed", async () => (await mod.at("user-card").count()) === 0);
  });

  it("one chooses the colour of one's name, and others see it", async () => {
    await say(noor, "in the colour of before");
    await line(noor, "in the colour of before").getByTestId("chat-name").click();
    await noor.at("own-colour").getByRole("button", { name: "Teal" }).click();
    await noor.at("own-colour").getByText("Your next messages have it.").waitFor();
    await noor.page.keyboard.press("Escape");
    await say(noor, "now in teal");
    await assertSeen("now in teal", mod);
    const hue = await line(mod, "now in teal")
      .getByTestId("chat-name")
      .locator("bdi")
      .evaluate((name) => name.style.getPropertyValue("--name-hue"));
    assert.ok(Math.abs(Number(hue) - 188) < 8, `hue ${hue}`);
    // To the end again.
    await noor.page.keyboard.press("Escape");
  });

  it("a ban counts in every tab, can be asked to end, and ends", async () => {
    const tab = await omar.context.newPage();
    const second = { ...omar, page: tab, at: (id) => tab.getByTestId(id) };
    await enter(second, room);
    await choose(mod, "rather rude words", "line-more", "line-ban");
    await mod.at("ban-reason").fill("rude words");
    await mod.at("ban-submit").click();
    for (const who of [omar, second])
      await until("banned", async () => /banned/.test(await who.at("chat-readonly").innerText()), 5_000);
    await until("cleared", async () => (await line(noor, "rather rude words").count()) === 0);
    await untilConnected(second);
    await say(noor, "he can still read");
    await assertSeen("he can still read", omar, second);
    await second.at("ask-unban").click();
    await second.at("unban-text").fill("I am sorry");
    await second.at("unban-submit").click();
    const request = owner.at("desk-unban-request").filter({ hasText: "I am sorry" });
    await request.waitFor();
    await request.getByTestId("unban-approve").click();
    await until("answered", async () => (await request.count()) === 0);
    await tab.close();
    await enter(omar, room);
    await say(omar, "back again");
    await assertSeen("back again", noor, mod);
  });

  it("a bot gets a token once, writes with it under its badge, and writes no more when it is revoked", async () => {
    await owner.at("tab-bots").click();
    await owner.at("bot-name").fill("clock");
    await owner.at("bot-create").click();
    const token = await owner.at("bot-token").innerText();
    assert.match(token, /^sbt_/);
    const write = (text) =>
      fetch(`${BASE}/api/chat/rooms/${names.maya}/messages`, {
        method: "POST",
        headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
        body: JSON.stringify({ text }),
      });
    assert.equal((await write("it is nine o'clock")).status, 201);
    await line(noor, "it is nine o'clock").getByRole("img", { name: "Bot" }).waitFor();
    await owner.page.reload();
    await owner.at("bot-row").filter({ hasText: "clock" }).waitFor();
    assert.equal(await owner.at("bot-token").count(), 0);
    await owner.at("bot-revoke").click();
    await owner.at("bot-revoke-confirm").click();
    await until("revoked", async () => (await owner.at("bot-row").count()) === 0);
    assert.equal((await write("it is ten")).status, 401);
  });

  it("the log of acts tells who did what", async () => {
    await owner.at("tab-log").click();
    await owner
      .at("desk-act")
      .filter({ hasText: /banned .*rude words/ })
      .waitFor();
    await owner
      .at("desk-act")
      .filter({ hasText: /timed out/ })
      .first()
      .waitFor();
  });

  it("a reader further up is left in peace and told what came", async () => {
    for (let n = 1; n <= 8; n++)
      await say(mod, `filler ${n} ${"so that there is something to scroll, ".repeat(8)}`);
    await line(noor, "filler 8").waitFor();
    await noor.at("chat-list").hover();
    await noor.page.mouse.wheel(0, -400);
    await until("paused", async () => (await attribute(noor, "chat-list", "data-paused")) !== null);
    const top = () => noor.at("chat-list").evaluate((list) => list.scrollTop);
    const before = await top();
    await say(mod, "news for the one below");
    await until("told", async () => /1 new message/.test(await noor.at("chat-resume").innerText()));
    assert.equal(await top(), before);
    await noor.at("chat-resume").click();
    await line(noor, "news for the one below").waitFor();
    await until("at the end", () =>
      noor.at("chat-list").evaluate((l) => l.scrollHeight - l.scrollTop - l.clientHeight < 2),
    );
  });

  it("the chat works in a window of its own", async () => {
    const opened = noor.context.waitForEvent("page");
    await noor.at("chat-popout").click();
    const page = await opened;
    const popout = { ...noor, page, at: (id) => page.getByTestId(id) };
    await untilConnected(popout);
    assert.equal(new URL(page.url()).pathname, `/popout${room}/chat`);
    await say(popout, "from the small window");
    await assertSeen("from the small window", popout, omar);
    assert.equal(await popout.at("chat-popout").count(), 0);
    await page.close();
  });

  it("the overlay has its address on the dashboard, no ground, and no deleted or held text", async () => {
    await owner.page.goto(`${BASE}/dashboard`);
    await owner.at("overlay-size").selectOption("32");
    const address = await owner.at("overlay-url").innerText();
    assert.equal(new URL(address).pathname, `/overlay${room}/chat`);
    const obs = await person(scene.browser, { viewport: { width: 420, height: 700 } });
    await obs.page.goto(address);
    await obs.at("overlay-line").filter({ hasText: "from the small window" }).waitFor();
    assert.equal(await obs.page.locator("input, textarea, button, a").count(), 0);
    const shown = await obs.at("overlay").innerText();
    assert.doesNotMatch(shown, /something to regret|rather rude words|deleted|more lanterns/);
    const line = obs.at("overlay-line").filter({ hasText: "from the small window" });
    assert.equal(await line.evaluate((l) => getComputedStyle(l).fontSize), "32px");
    await say(noor, "gone in a moment");
    await obs.at("overlay-line").filter({ hasText: "gone in a moment" }).waitFor();
    await press(mod, "gone in a moment", "line-delete");
    await until("gone", async () => !(await obs.at("overlay").innerText()).includes("gone in a moment"));
    assert.ok(await hasTransparentGround(obs.page), "the ground is transparent");
    assert.deepEqual(obs.failures, []);
    await obs.context.close();
  });

  it("no page broke, broke the content policy or asked a third party", () => {
    assert.deepEqual(
      everybody().flatMap((who) => who.failures),
      [],
    );
  });
});

/** A PNG of what is on the page, as a file to choose. */
async function picture(page, side) {
  const buffer = await page.screenshot({ clip: { x: 0, y: 0, width: side, height: side } });
  return { name: "picture.png", mimeType: "image/png", buffer };
}

/** The corner of a picture that was taken without a ground of the browser's own is see-through. */
async function hasTransparentGround(page) {
  const png = await page.screenshot({ omitBackground: true, clip: { x: 0, y: 0, width: 4, height: 4 } });
  return page.evaluate(async (base64) => {
    const bytes = Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
    const picture = await createImageBitmap(new Blob([bytes], { type: "image/png" }));
    const canvas = new OffscreenCanvas(4, 4).getContext("2d");
    canvas.drawImage(picture, 0, 0);
    return canvas.getImageData(0, 0, 1, 1).data[3] === 0;
  }, png.toString("base64"));
}
