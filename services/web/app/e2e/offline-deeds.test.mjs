/** What is pressed while the network is gone: it is said that it was not done, what was typed stays, and nothing is done later by itself. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { BASE, freshName, person, registerPerson, skip, stage, until } from "./harness.mjs";

describe("what is pressed without a network", { skip }, () => {
  let owner;
  const name = freshName("off");
  const TITLE = "Said without a network";
  stage([], async ({ browser }) => {
    owner = await person(browser, { locale: "en-US", serviceWorkers: "block" });
    await registerPerson(owner, name);
  });
  const title = async () => (await (await fetch(`${BASE}/api/streams/${name}`)).json()).title;

  it("fails, is not done by itself when the network is back, and works when it is pressed again", async () => {
    const { context, page, at } = owner;
    const bar = (what, pattern) => until(what, async () => pattern.test(await at("offline-bar").innerText()));
    let sent = 0;
    page.on("request", (request) => {
      if (request.method() === "PATCH" && new URL(request.url()).pathname === "/api/streams/me") sent++;
    });
    await at("title-input").fill(TITLE);
    await context.setOffline(true);
    await bar("the page knows", /You are offline/);
    await at("title-save").click();
    await at("broadcast-editor")
      .getByText(/server cannot be reached/)
      .waitFor();
    assert.equal(await at("title-save").getAttribute("aria-busy"), null);
    assert.equal(await at("title-input").inputValue(), TITLE);
    const tried = sent;
    await context.setOffline(false);
    await bar("the page knows that it is back", /^\s*$/);
    // Whatever the page sent by itself was sent before this, and is answered before it.
    assert.equal(await page.evaluate(async () => (await fetch("/api/streams/me")).status), 401);
    assert.equal(sent, tried, "nothing was sent by itself");
    assert.notEqual(await title(), TITLE);
    assert.equal(await at("title-input").inputValue(), TITLE);
    await at("title-save").click();
    await until("it is saved", async () => (await at("broadcast-saved").innerText()) === "Saved");
    assert.equal(sent, tried + 1);
    await until("everybody sees it", async () => (await title()) === TITLE);
    assert.deepEqual(owner.failures, []);
  });
});
