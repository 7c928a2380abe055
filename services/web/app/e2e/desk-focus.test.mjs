/**
 * What goes away under the keyboard. Questions that take the place of the button that asks them: the focus goes to the answer that changes
 * nothing, back to the button, and to what is around it when button and question are gone. And what is removed by a button of its own. Steps build
 * on each other and run in order.
 */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  BASE,
  createKey,
  freshName,
  person,
  publish,
  registerPerson,
  SMALL,
  skip,
  stage,
  until,
} from "./harness.mjs";
import { focused } from "./room.mjs";
import { DATA, employ } from "./staff.mjs";

describe("the focus at a desk's questions", { skip }, () => {
  let owner;
  const name = freshName("runa");
  const scene = stage([], async ({ browser }) => {
    owner = await person(browser, { locale: "en-US" });
    await registerPerson(owner, name);
    scene.key = await createKey(owner);
  });
  const press = (key) => owner.page.keyboard.press(key);
  const untilFocus = (id, what = `${id} has the focus`) =>
    until(what, async () => (await focused(owner)) === id);

  /** Asks, takes it back, asks again and says yes: by Enter and Shift+Tab. */
  async function askTwice({ opener, yes, no }) {
    await owner.at(opener).focus();
    await press("Enter");
    await untilFocus(no);
    await press("Enter");
    await untilFocus(opener);
    await press("Enter");
    await untilFocus(no);
    await press("Shift+Tab");
    await untilFocus(yes);
    await press("Enter");
    await owner.at(yes).waitFor({ state: "detached" });
  }

  it("a bot that is revoked leaves the focus in its section", async () => {
    await owner.page.goto(`${BASE}/moderation/${name}?tab=bots`);
    await owner.at("bot-name").fill("clock");
    await press("Enter");
    await owner.at("bot-revoke").waitFor();
    await askTwice({ opener: "bot-revoke", yes: "bot-revoke-confirm", no: "bot-revoke-cancel" });
    await untilFocus("desk-bots", "the section has the focus");
    assert.deepEqual(owner.failures, []);
  });

  it("a term and a panel that are removed leave it in their sections, and a poll's answer in the dialog", async () => {
    const { at, page } = owner;
    await page.goto(`${BASE}/moderation/${name}?tab=rules`);
    await at("term-input").fill("spam*");
    await press("Enter");
    await at("term").getByRole("button").focus();
    await press("Enter");
    await at("term").waitFor({ state: "detached" });
    await untilFocus("desk-terms", "the section of terms has the focus");
    await at("chat-ask").click();
    await page.getByRole("button", { name: "One more" }).click();
    await page.getByRole("button", { name: "Remove answer 3" }).focus();
    await press("Enter");
    await at("poll-answer-3").waitFor({ state: "detached" });
    await untilFocus("poll-dialog", "the dialog has the focus");
    await page.goto(`${BASE}/dashboard/channel`);
    await at("add-panel").click();
    await page.getByRole("button", { name: "Remove panel 1" }).focus();
    await press("Enter");
    await at("panel-row").waitFor({ state: "detached" });
    await untilFocus("settings-panels", "the section of panels has the focus");
    assert.deepEqual(owner.failures, []);
  });

  it("a broadcast that is ended leaves it on the page's content", async () => {
    await owner.page.goto(`${BASE}/dashboard`);
    scene.publisher = publish(scene.key, SMALL);
    await owner.at("end-broadcast").waitFor();
    await askTwice({ opener: "end-broadcast", yes: "confirm-end", no: "cancel-end" });
    await untilFocus("MAIN", "the content has the focus");
    assert.deepEqual(owner.failures, []);
  });

  it("a category that is saved leaves it on its row's button, one that is deleted in the list", {
    skip: !DATA && "no data folder",
  }, async () => {
    const { at, page } = owner;
    await employ(name, "admin");
    await page.goto(`${BASE}/admin/categories`);
    const slug = freshName("kind").replace("_", "-");
    await at("new-category-name").fill(`About ${slug}`);
    await at("new-category-slug").fill(slug);
    await press("Enter");
    const row = at(`kept-${slug}`);
    await row.waitFor();
    await row.getByTestId("category-open").focus();
    await press("Enter");
    await at("category-name-input").focus();
    await press("Enter");
    await at("category-change").waitFor({ state: "detached" });
    assert.ok(
      await row.getByTestId("category-open").evaluate((button) => button === document.activeElement),
      "the row's button has the focus",
    );
    await press("Enter");
    await at("category-change").waitFor();
    await askTwice({ opener: "category-delete", yes: "category-delete-yes", no: "category-delete-no" });
    await row.waitFor({ state: "detached" });
    await untilFocus("kept-categories", "the list's section has the focus");
    assert.deepEqual(owner.failures, []);
  });
});
