/** Channels in the browser: their owner describes one, others find it and read what it says; and what axe-core finds on those pages. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { assertClean } from "./axe.mjs";
import { BASE, freshName, person, registerPerson, skip, stage, until } from "./harness.mjs";
import { png } from "./png.mjs";
import { DATA, employ } from "./staff.mjs";

const file = (name, buffer, mimeType = "image/png") => ({ name, mimeType, buffer });

describe("a channel", { skip }, () => {
  let [owner, visitor] = [];
  const name = freshName("zelda");
  const word = `quixotic${name.slice(-6)}`;
  stage([], async ({ browser }) => {
    // What the owner asks for is answered in another way once.
    [owner, visitor] = [await person(browser, { serviceWorkers: "block" }), await person(browser)];
    await registerPerson(owner, name);
  });
  const saved = async (id, done = `${id}-done`) => {
    await owner.at(id).click();
    await until(`${id} is done`, async () => (await owner.at(done).innerText()) === "Saved");
  };
  const choose = async (slug, called) => {
    await owner.at("category-input").fill(called);
    await owner.at("category-input-list").locator(`[data-value="${slug}"]`).click();
  };
  /** The colour in the middle of a picture on the page. */
  const colour = (who, selector) =>
    until(`${selector} is drawn`, () =>
      who.page.evaluate((at) => {
        const image = document.querySelector(at);
        if (!image?.complete || !image.naturalWidth) return null;
        const canvas = document.createElement("canvas");
        canvas.width = canvas.height = 1;
        const draw = canvas.getContext("2d");
        draw.drawImage(image, image.naturalWidth / 2, image.naturalHeight / 2, 1, 1, 0, 0, 1, 1);
        return [...draw.getImageData(0, 0, 1, 1).data].slice(0, 3);
      }, selector),
    );

  it("is described by its owner", async () => {
    await owner.page.goto(`${BASE}/dashboard`);
    await owner.at("edit-channel").click();
    await owner.page.waitForURL(`${BASE}/dashboard/channel`);
    await owner.at("see-channel").waitFor();
    await owner.at("title-input").fill(`A ${word} evening`);
    await choose("chess", "Chess");
    await owner.at("language-input").selectOption("pt-BR");
    await owner.at("tag-input").fill(`slow, ${word}tag, SLOW`);
    await owner.at("mature-input").click();
    await saved("title-save", "broadcast-saved");
    await owner.at("settings-bio").fill("First line\n<script>window.broken = 1</script>");
    await owner.at("add-link").click();
    await owner.at("link-title").fill("My page");
    await owner.at("link-url").fill("javascript:alert(1)");
    await owner.at("save-about").click();
    await owner.page.getByText("An address that begins with https://").waitFor();
    await owner.at("link-url").fill("https://example.org/me");
    await saved("save-about");
  });

  it("whose owner does not get the categories is told so beside their choice, and loses nothing of what was typed", async () => {
    const { page, at } = owner;
    const isList = (url) => url.pathname === "/api/categories";
    await page.route(isList, (route) => route.fulfill({ status: 400, contentType: "text/plain", body: "" }));
    await page.reload();
    await at("title-input").fill(`A ${word} night`);
    await at("add-entry").click();
    await at("schedule-title").fill("Every night");
    const missing = at("categories-missing");
    await until("both forms say so", async () => (await missing.count()) === 2);
    await assertClean(page, "settings without categories");
    assert.equal(await at("category-input").inputValue(), "Chess", "what was chosen stays");
    await saved("title-save", "broadcast-saved");

    await page.unroute(isList);
    await at("title-input").fill(`A ${word} evening`);
    await missing.first().getByRole("button").click();
    await choose("music", "Music");
    await until("neither says so", async () => (await missing.count()) === 0);
    await choose("chess", "Chess");
    assert.equal(await at("title-input").inputValue(), `A ${word} evening`);
    assert.equal(await at("schedule-title").inputValue(), "Every night");
    await saved("title-save", "broadcast-saved");
    await page.getByRole("button", { name: "Remove entry 1" }).click();
    await until("it is gone", async () => (await at("schedule-row").count()) === 0);
  });

  it("has pictures that are seen before they are sent, and nothing that is none", async () => {
    await owner.at("avatar-file").setInputFiles(file("me.png", png(300, 200, [200, 40, 40])));
    assert.deepEqual(await colour(owner, "[data-testid=avatar-preview] img"), [200, 40, 40], "before");
    assert.equal(await owner.at("avatar-preview").getAttribute("data-url"), "");
    await owner.at("avatar-save").click();
    const url = await until("an address", () => owner.at("avatar-preview").getAttribute("data-url"));
    assert.match(url, /^\/api\/pictures\/[0-9a-f]{32}\.webp$/);
    await owner.at("banner-file").setInputFiles(file("wide.png", png(800, 200, [20, 160, 60])));
    await owner.at("banner-save").click();
    await until("the banner's address", () => owner.at("banner-preview").getAttribute("data-url"));
    await owner
      .at("avatar-file")
      .setInputFiles(file("me.svg", Buffer.from("<svg onload='alert(1)'/>"), "image/svg+xml"));
    await owner.at("avatar-save").click();
    await owner.page.getByText("Send a PNG, JPEG, GIF or WebP picture.").waitFor();
    await owner.at("avatar-file").setInputFiles(file("big.png", Buffer.alloc(6 << 20)));
    await owner.page.getByText("larger than 5 MiB").waitFor();
    assert.equal(await owner.at("avatar-preview").getAttribute("data-url"), url, "the former one stays");
  });

  it("has a name that is written as its owner likes it, and no other name", async () => {
    await owner.at("settings-display-name").fill("somebody_else");
    await owner.at("save-name").click();
    await owner.page.getByText("This is your user name with other capitals.").waitFor();
    await owner.at("settings-display-name").fill(name.toUpperCase());
    await saved("save-name");
    await until("the channel has it", async () => {
      const stream = await (await owner.page.request.get(`${BASE}/api/streams/${name}`)).json();
      return stream.display_name === name.toUpperCase();
    });
  });

  it("has panels and a schedule", async () => {
    await owner.at("add-panel").click();
    await owner.at("panel-title").fill("Rules");
    await owner.at("panel-text").fill("Be kind.");
    await owner.at("panel-file").setInputFiles(file("panel.png", png(400, 100, [30, 60, 200])));
    await owner.at("panel-picture").waitFor();
    await saved("save-panels");
    await owner.at("schedule-zone").selectOption("Asia/Tokyo");
    await owner.at("add-entry").click();
    await owner.at("save-schedule").click();
    await owner.page.getByText("1 to 100 characters of one line.").waitFor();
    await owner.at("schedule-title").fill("Endgames");
    await saved("save-schedule");
    await owner.page.reload();
    await owner.at("schedule-title").waitFor();
    assert.equal(await owner.at("schedule-title").inputValue(), "Endgames");
    assert.equal(await owner.at("schedule-zone").inputValue(), "Asia/Tokyo");
    assert.equal(await owner.at("panel-title").inputValue(), "Rules");
    assert.equal((await owner.at("tag").allInnerTexts()).join(), `slow,${word}tag`);
    await assertClean(owner.page, "channel settings");
  });

  it("is found by a search with a typing error, among all channels", async () => {
    await visitor.page.goto(BASE);
    // Two letters have changed places.
    const typed = word.replace("xo", "ox");
    await visitor.at("search").fill(typed);
    await visitor.at("search").press("Enter");
    await visitor.page.waitForURL(`${BASE}/browse?q=${typed}&all=1`);
    await visitor.at(`card-${name}`).waitFor();
    await visitor.at("filter-live").selectOption("");
    await visitor.at("browse-none").waitFor();
    await visitor.at("browse-all").click();
    await visitor.at(`card-${name}`).waitFor();
    await visitor.at("filter-language").selectOption("de");
    await visitor.at("browse-none").waitFor();
    await visitor.at("filter-language").selectOption("pt");
    await visitor.at(`card-${name}`).waitFor();
    await visitor.at("filter-category").selectOption("chess");
    await visitor.at(`card-${name}`).waitFor();
    await assertClean(visitor.page, "browse");
    // The address says all of it.
    await visitor.page.reload();
    await visitor.at(`card-${name}`).waitFor();
    await visitor.page.goBack();
    await visitor.at("filter-category").waitFor();
    assert.equal(await visitor.at("filter-category").inputValue(), "");
  });

  it("is in its category, which is among all categories", async () => {
    await visitor.page.goto(`${BASE}/browse`);
    await visitor.at("category-list").waitFor();
    assert.ok((await visitor.at("category-list").locator("li").count()) >= 30);
    await visitor.at("category-chess").click();
    await visitor.page.waitForURL(`${BASE}/category/chess`);
    assert.equal(await visitor.at("category-name").innerText(), "Chess");
    await visitor.at("filter-live").selectOption("1");
    await visitor.at(`card-${name}`).waitFor();
    await assertClean(visitor.page, "a category");
    await visitor.page.goto(`${BASE}/category/nothing-like-it`);
    await visitor.at("category-error").waitFor();
  });

  it("says what it is below the player, as text", async () => {
    await visitor.page.goto(`${BASE}/${name}`);
    await visitor.at("channel-about").waitFor();
    assert.match(
      await visitor.at("channel-bio").innerText(),
      /First line\n<script>window.broken = 1<\/script>/,
    );
    assert.equal(await visitor.page.evaluate(() => window.broken), undefined);
    const link = visitor.at("channel-links").locator("a");
    assert.equal(await link.getAttribute("href"), "https://example.org/me");
    assert.match(await link.getAttribute("rel"), /noopener.*nofollow/);
    assert.match(await visitor.at("channel-panels").innerText(), /Rules[\s\S]*Be kind\./);
    assert.match(await visitor.at("channel-schedule").innerText(), /Endgames/);
    assert.deepEqual(await colour(visitor, "[data-testid=channel-panels] img"), [30, 60, 200]);
    assert.deepEqual(await colour(visitor, "[data-testid=channel-banner]"), [20, 160, 60]);
    const feed = await visitor.page.request.get(`${BASE}/api/streams/${name}/schedule.ics`);
    assert.match(feed.headers()["content-type"], /^text\/calendar/);
    assert.match(await feed.text(), /SUMMARY:.*: Endgames/);
    await visitor.at("stream-category").click();
    await visitor.page.waitForURL(`${BASE}/category/chess`);
  });

  it("has its letter where its picture cannot be had", async () => {
    const guest = await person(visitor.page.context().browser(), { serviceWorkers: "block" });
    const asked = [];
    await guest.page.route("**/api/pictures/**", (route) => {
      asked.push(route.request().url());
      return route.abort();
    });
    await guest.page.goto(`${BASE}/${name}`);
    await guest.at("stream-title").waitFor();
    await guest.page.locator("main span[aria-hidden]", { hasText: /^z$/i }).first().waitFor();
    assert.ok(asked.length > 0, "there is one");
    assert.deepEqual(guest.failures, []);
    await guest.context.close();
  });

  it("loses a picture that its owner takes away", async () => {
    await owner.at("avatar-remove").click();
    await until("none", async () => (await owner.at("avatar-preview").getAttribute("data-url")) === "");
    const stream = await (await visitor.page.request.get(`${BASE}/api/streams/${name}`)).json();
    assert.equal(stream.avatar_url, null);
  });

  it("keeps its link when an admin gives its category another address", {
    skip: !DATA && "no data folder",
  }, async () => {
    const admin = await person(visitor.page.context().browser());
    const boss = freshName("boss");
    await registerPerson(admin, boss);
    await admin.page.goto(`${BASE}/admin/categories`);
    await admin.at("categories-forbidden").waitFor();
    await employ(boss, "admin");
    await admin.page.reload();
    const [first, second] = [freshName("kind").replace("_", "-"), freshName("sort").replace("_", "-")];
    await admin.at("new-category-name").fill("Chess");
    await admin.at("new-category-add").click();
    await admin.page.getByText("There is a category of this name already.").waitFor();
    await admin.at("new-category-name").fill(`About ${first}`);
    await admin.at("new-category-slug").fill(first);
    await admin.at("new-category-add").click();
    await admin.at(`kept-${first}`).waitFor();
    await admin.at(`kept-${first}`).getByTestId("category-open").click();
    await admin.at("category-file").setInputFiles(file("cover.png", png(60, 40, [90, 10, 120])));
    assert.deepEqual(await colour(admin, `[data-testid=kept-${first}] img`), [90, 10, 120]);
    await admin.at("category-slug-input").fill(second);
    await admin.at("category-save").click();
    await admin.at(`kept-${second}`).waitFor();
    await assertClean(admin.page, "categories");
    // The old address in somebody's bookmarks.
    await visitor.page.goto(`${BASE}/category/${first}`);
    await visitor.page.waitForURL(`${BASE}/category/${second}`);
    await admin.at(`kept-${second}`).getByTestId("category-open").click();
    await admin.at("category-into").selectOption("chess");
    await admin.at("category-merge").click();
    await admin.at("category-merge-yes").click();
    await admin.at(`kept-${second}`).waitFor({ state: "detached" });
    for (const former of [first, second]) {
      await visitor.page.goto(`${BASE}/category/${former}`);
      await visitor.page.waitForURL(`${BASE}/category/chess`);
    }
    assert.deepEqual(admin.failures, []);
    await admin.context.close();
  });

  it("fits a narrow screen", async () => {
    await visitor.page.setViewportSize({ width: 390, height: 844 });
    const pages = [
      ["/browse", "category-list"],
      ["/category/chess?all=1", `card-${name}`],
      [`/${name}`, "channel-panels"],
    ];
    for (const [path, shown] of pages) {
      await visitor.page.goto(`${BASE}${path}`);
      // Before the chat there is only its head.
      if (shown === "channel-panels") await visitor.at("channel-about-open").click();
      await visitor.at(shown).waitFor();
      const wide = await visitor.page.evaluate(() => document.documentElement.scrollWidth);
      assert.ok(wide <= 390, `${path}: ${wide}`);
    }
    await owner.page.setViewportSize({ width: 390, height: 844 });
    const wide = await owner.page.evaluate(() => document.documentElement.scrollWidth);
    assert.ok(wide <= 390, `settings: ${wide}`);
    assert.deepEqual([...owner.failures, ...visitor.failures], []);
  });
});
