/** Forms that are not taken: the focus goes to the first field that is wrong, which says what is, and what was typed stays. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { assertClean } from "./axe.mjs";
import { attribute, BASE, freshName, person, registerPerson, skip, stage, until } from "./harness.mjs";
import { focused } from "./room.mjs";

describe("a form that is not taken", { skip }, () => {
  let owner;
  const name = freshName("frida");
  stage([], async ({ browser }) => {
    owner = await person(browser, { locale: "en-US" });
    await registerPerson(owner, name);
  });

  /** Sends a form with the keyboard; `wrong` has the focus then, keeps what is in it, and is the first that is wrong. */
  async function refuses(button, wrong, value) {
    await owner.at(button).focus();
    await owner.page.keyboard.press("Enter");
    await until(`${wrong} has the focus`, async () => (await focused(owner)) === wrong);
    assert.equal(await attribute(owner, wrong, "aria-invalid"), "true");
    assert.equal(await owner.at(wrong).inputValue(), value);
    const described = await attribute(owner, wrong, "aria-describedby");
    assert.ok(described, `${wrong} says what is wrong with it`);
    assert.ok((await owner.page.locator(`[id="${described}"]`).innerText()).length > 0);
  }

  it("leads to the link, and to the panel's address, on the channel's settings", async () => {
    await owner.page.goto(`${BASE}/dashboard/channel`);
    await owner.at("add-link").click();
    await owner.at("link-title").fill("Home");
    await owner.at("link-url").fill("nonsense");
    await refuses("save-about", "link-url", "nonsense");
    await owner.at("add-panel").click();
    await owner.at("panel-title").fill("Rules");
    await owner.at("panel-url").fill("nonsense");
    await refuses("save-panels", "panel-url", "nonsense");
    await assertClean(owner.page, "settings with mistakes");
    await owner.at("link-url").fill("https://example.org/");
    await owner.at("save-about").click();
    await until("it is saved", async () => /Saved/.test(await owner.at("save-about-done").innerText()));
    await owner.at("panel-url").fill("");
    await owner.at("save-panels").click();
    await until("it is saved", async () => /Saved/.test(await owner.at("save-panels-done").innerText()));
  });

  it("leads to a webhook's address", async () => {
    await owner.page.goto(`${BASE}/dashboard/webhooks`);
    await owner.at("new-webhook-name").fill("My bot");
    await owner.at("new-webhook-url").fill("nonsense");
    await refuses("new-webhook-save", "new-webhook-url", "nonsense");
  });

  it("leads to a term, a name and an image at the moderators' desk", async () => {
    const open = (tab) => owner.page.goto(`${BASE}/moderation/${name}?tab=${tab}`);
    await open("rules");
    await owner.at("term-input").fill("*");
    await refuses("term-add", "term-input", "*");
    await assertClean(owner.page, "rules with a mistake");
    await open("team");
    await owner.at("team-name").fill(freshName("nobody"));
    await refuses("team-add", "team-name", await owner.at("team-name").inputValue());
    await open("bots");
    await owner.at("bot-name").fill("x");
    await refuses("bot-create", "bot-name", "x");
    await open("emotes");
    await owner.at("emote-name").fill("x");
    await refuses("emote-add", "emote-name", "x");
    await owner.at("emote-name").fill("wave");
    await refuses("emote-add", "emote-file", "");
    await assertClean(owner.page, "emotes with a mistake");
  });

  it("nothing broke", () => assert.deepEqual(owner.failures, []));
});
