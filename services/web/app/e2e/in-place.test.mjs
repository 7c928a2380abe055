/**
 * Title, category and tags edited on the dashboard, before a broadcast and while it runs: by keyboard and by pointer, seen by a viewer without a
 * reload; what is refused stays where it was typed, with the reason beside it. Steps build on each other and run in order.
 */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { assertClean } from "./axe.mjs";
import {
  attribute,
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
  untilState,
} from "./harness.mjs";
import { focused } from "./room.mjs";

describe("a broadcast's title, category and tags", { skip }, () => {
  let [owner, viewer] = [];
  const name = freshName("ines");
  const scene = stage(["--autoplay-policy=no-user-gesture-required"], async ({ browser }) => {
    // One answer is replaced, which a service worker would keep from it.
    owner = await person(browser, { locale: "en-US", serviceWorkers: "block" });
    viewer = await person(browser, { locale: "en-US" });
    await registerPerson(owner, name);
    scene.key = await createKey(owner);
    await viewer.page.goto(`${BASE}/${name}`);
    await untilState(viewer, "player-state", "offline");
    await viewer.page.evaluate(() => {
      window.sameDocument = true;
    });
  });
  const value = (id) => owner.at(id).inputValue();
  const untilSaved = () =>
    until("it is saved", async () => (await owner.at("broadcast-saved").innerText()) === "Saved");
  const untilFocus = (id) => until(`${id} has the focus`, async () => (await focused(owner)) === id);
  /** What is said beside a field. */
  const beside = (id) =>
    owner
      .at(id)
      .evaluate((field) => document.getElementById(field.getAttribute("aria-describedby"))?.innerText ?? "");
  const untilRefused = (id, words) =>
    until(`${id} says why`, async () => {
      return (await attribute(owner, id, "aria-invalid")) === "true" && words.test(await beside(id));
    });
  const tags = () => owner.at("tag").allInnerTexts();
  const option = (slug) => owner.at("category-input-list").locator(`[data-value="${slug}"]`);
  const untilViewerReads = (id, words) =>
    until(`the viewer reads ${words}`, async () => {
      return (await viewer.at(id).count()) === 1 && (await viewer.at(id).innerText()) === words;
    });

  it("a category is found by its first letters and saved without a mouse, and a viewer sees it", async () => {
    await owner.at("category-input").focus();
    await owner.page.keyboard.type("ches");
    await option("chess").waitFor();
    await assertClean(owner.page, "the dashboard with the list of categories");
    await owner.page.keyboard.press("Enter");
    await until("it is taken", async () => (await value("category-input")) === "Chess");
    assert.equal(await attribute(owner, "category-input", "aria-expanded"), "false");
    assert.equal(await owner.at("broadcast-saved").innerText(), "", "the first Enter only takes it");
    await owner.page.keyboard.press("Enter");
    await untilSaved();
    assert.equal(await focused(owner), "category-input");
    await untilViewerReads("stream-category", "Chess");
  });

  it("a category that is none is refused beside the field, and stays to be mended", async () => {
    await owner.at("category-input").fill("Chesss");
    await owner.page.keyboard.press("Escape");
    await owner.at("title-save").click();
    await untilRefused("category-input", /no category like that/i);
    assert.equal(await value("category-input"), "Chesss");
    await untilFocus("category-input");
    await owner.at("category-input").fill("Chess");
    await until(
      "it is right again",
      async () => (await attribute(owner, "category-input", "aria-invalid")) === null,
    );
    await owner.page.keyboard.press("Escape");
  });

  it("tags come and go one by one, and the rules are said beside the field", async () => {
    const { at, page } = owner;
    assert.match(await beside("tag-input"), /up to 10.*25 characters/i);
    await at("tag-input").focus();
    await page.keyboard.type("slow,late night");
    await page.keyboard.press("Enter");
    await until("two tags", async () => (await tags()).join() === "slow,late night");
    await page.keyboard.type("SLOW");
    await page.keyboard.press("Enter");
    await until("the field is empty", async () => (await value("tag-input")) === "");
    assert.deepEqual(await tags(), ["slow", "late night"], "capitals make no other tag");
    const spoken = (words) =>
      at("broadcast-editor").locator("[role=status]", { hasText: words }).waitFor({ state: "attached" });
    await spoken("SLOW is there already");
    const long = "x".repeat(26);
    await at("tag-input").fill(long);
    await page.keyboard.press("Enter");
    await untilRefused("tag-input", /at most 25 characters/);
    await spoken(/at most 25 characters/);
    assert.equal(await value("tag-input"), long);
    await at("tag-input").fill("");
    await at("tag-remove").first().click();
    await until("one tag", async () => (await tags()).join() === "late night");
    assert.equal(await focused(owner), "tag-remove", "its neighbour has the focus");
    // What is typed and not taken yet is meant as well.
    await at("tag-input").fill("endgames");
    await at("title-save").click();
    await untilSaved();
    assert.equal(await focused(owner), "title-save");
    assert.deepEqual(await tags(), ["late night", "endgames"]);
    for (const tag of ["late night", "endgames"])
      await viewer.page.getByRole("link", { name: tag, exact: true }).waitFor();
    assert.equal(await viewer.page.getByRole("link", { name: "slow", exact: true }).count(), 0);
  });

  it("what the server refuses stays, with its reason beside the field", async () => {
    const { at, page } = owner;
    await at("tag-input").fill("bell\u0007");
    await page.keyboard.press("Enter");
    await until("a tag more", async () => (await tags()).length === 3);
    await at("title-save").click();
    await untilRefused("tag-input", /control characters/);
    await untilFocus("tag-input");
    assert.equal((await tags()).length, 3);
    // Held down, it empties the field and no more.
    await page.keyboard.type("x");
    for (let n = 0; n < 4; n += 1) await page.keyboard.down("Backspace");
    await page.keyboard.up("Backspace");
    await until("the field is empty", async () => (await value("tag-input")) === "");
    assert.equal((await tags()).length, 3, "the tags stay");
    await page.keyboard.press("Backspace");
    await until("it is gone", async () => (await tags()).join() === "late night,endgames");
  });

  it("while the server is away the words stay, and so does the focus", async () => {
    const { at, page } = owner;
    const broken = { status: 503, contentType: "application/problem+json", body: '{"code":"unavailable"}' };
    const calls = (url) => url.pathname === "/api/streams/me";
    await page.route(calls, (route) =>
      route.request().method() === "PATCH" ? route.fulfill(broken) : route.continue(),
    );
    await at("title-input").fill("Typed in vain");
    await at("title-save").click();
    const said = at("broadcast-editor").getByTestId("form-error");
    await until("it is said", async () => /the server has a problem/i.test(await said.innerText()));
    assert.equal(await value("title-input"), "Typed in vain");
    assert.equal(await focused(owner), "title-save");
    await page.unroute(calls);
    await page.keyboard.press("Enter");
    await untilSaved();
    await untilViewerReads("stream-title", "Typed in vain");
  });

  it("its language is chosen here as in the channel’s settings", async () => {
    await owner.at("language-input").selectOption("pt-BR");
    await owner.at("title-save").click();
    await untilSaved();
    const stream = await (await viewer.page.request.get(`${BASE}/api/streams/${name}`)).json();
    assert.deepEqual([stream.language, stream.mature ?? false], ["pt-BR", false]);
  });

  it("a change made elsewhere shows where nobody is typing, and takes no words", async () => {
    await owner.at("title-input").fill("My own words");
    const elsewhere = await owner.context.newPage();
    await elsewhere.goto(`${BASE}/dashboard/channel`);
    await elsewhere.getByTestId("title-input").fill("From elsewhere");
    await elsewhere.getByTestId("category-input").fill("Music");
    await elsewhere.getByTestId("category-input-list").locator(`[data-value="music"]`).click();
    await elsewhere.getByTestId("title-save").click();
    await until("the category follows", async () => (await value("category-input")) === "Music");
    assert.equal(await value("title-input"), "My own words");
    await elsewhere.close();
    await untilViewerReads("stream-title", "From elsewhere");
    await owner.at("title-save").click();
    await untilSaved();
    await untilViewerReads("stream-title", "My own words");
  });

  it("an encoder that connects takes neither words nor focus", async () => {
    await owner.at("title-input").fill("Typed before the picture");
    await owner.at("title-input").evaluate((field) => {
      window.fieldOfBefore = field;
    });
    scene.publisher = publish(scene.key, SMALL);
    await untilState(owner, "dashboard-state", "live", 30_000);
    assert.equal(await value("title-input"), "Typed before the picture");
    assert.equal(await focused(owner), "title-input");
    assert.ok(await owner.at("title-input").evaluate((field) => field === window.fieldOfBefore));
    await owner.page.keyboard.press("Enter");
    await untilSaved();
    await untilViewerReads("stream-title", "Typed before the picture");
  });

  it("while it is live a category is chosen by pointer, and a viewer sees it without a reload", async () => {
    await owner.at("category-input").click();
    assert.ok((await owner.at("category-input-list").getByRole("option").count()) > 10, "all are offered");
    await option("art").click();
    assert.equal(await value("category-input"), "Art");
    assert.equal(await focused(owner), "category-input");
    await owner.at("title-save").click();
    await untilSaved();
    await untilViewerReads("stream-category", "Art");
    await owner.at("category-input").click();
    await option("").click();
    await owner.at("title-save").click();
    await untilSaved();
    await until("it has none", async () => (await viewer.at("stream-category").count()) === 0);
    assert.equal(await viewer.page.evaluate(() => window.sameDocument), true);
    assert.deepEqual([...owner.failures, ...viewer.failures], []);
  });
});
