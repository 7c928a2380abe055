/** Windows of other sizes than most, from a watch's to a wall's and at 200 %, and people who want no motion. */
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
  untilState,
} from "./harness.mjs";
import { assertFits, assertReachable, MOMENT_MS, motions, noteMotion } from "./layout.mjs";
import { enter, tabTo } from "./room.mjs";
import { DATA, employ } from "./staff.mjs";

const SMALL_WINDOWS = {
  "320 × 240": { width: 320, height: 240 },
  // 1440 × 900 with everything twice as large.
  "200 %": { width: 720, height: 450 },
};

describe("windows as people have them", { skip }, () => {
  let [owner, fan, visitor] = [];
  const name = freshName("wim");
  const scene = stage(["--autoplay-policy=no-user-gesture-required"], async ({ browser }) => {
    [owner, fan, visitor] = await Promise.all(
      [1, 2, 3].map(() => person(browser, { locale: "en-US", reducedMotion: "no-preference" })),
    );
    await registerPerson(owner, name);
    await registerPerson(fan, freshName("fred"));
    if (DATA) await employ(name, "admin");
    scene.publisher = publish(await createKey(owner), SMALL);
    await untilState(owner, "dashboard-state", "live", 30_000);
  });
  const open = async (who, path, id) => {
    await who.page.goto(`${BASE}${path}`);
    await who.at(id).first().waitFor();
  };
  const isPlaying = ({ page }) =>
    page.waitForFunction(() => document.querySelector("[data-testid=player-video]")?.currentTime > 0);

  for (const [size, viewport] of Object.entries(SMALL_WINDOWS)) {
    it(`at ${size} nothing is cut off, and what one needs can be reached`, async () => {
      for (const { page } of [owner, fan, visitor]) await page.setViewportSize(viewport);
      const look = async (who, path, ids) => {
        const what = `${path} at ${size}`;
        await open(who, path, ids[0]);
        await assertFits(who, what);
        for (const id of ids) await assertReachable(who, id, what);
        await assertFits(who, what);
      };
      await look(visitor, "/login", ["login-submit", "login-name", "login-password", "sign-in"]);
      await enter(fan, `/${name}`);
      await isPlaying(fan);
      await look(fan, `/${name}`, ["follow", "share", "chat-input", "chat-send", "go-live", "user-menu"]);
      await until("the bar is there", async () => (await fan.at("player-fullscreen").count()) === 1);
      const [picture, last] = [
        await fan.at("player").boundingBox(),
        await fan.at("player-fullscreen").boundingBox(),
      ];
      assert.ok(
        last.x + last.width <= picture.x + picture.width,
        `the bar ends at ${last.x + last.width}, the picture at ${picture.x + picture.width}`,
      );
      const desk = ["title-input", "category-input", "tag-input", "title-save", "end-broadcast"];
      await look(owner, "/dashboard", [...desk, "visibility-save", "copy-link", "new-key-name", "add-key"]);
      await look(owner, "/dashboard/channel", ["title-input", "title-save"]);
      await look(owner, "/settings/account", ["change-email", "language-select", "user-menu"]);
    });
  }

  /** Columns of cards, and pixels: at least so wide is the list of them, and the picture beside the chat or above it. */
  for (const { width, height, columns, list, picture } of [
    { width: 768, height: 1024, columns: 2, list: 600, picture: 650 },
    { width: 2560, height: 1440, columns: 4, list: 1_600, picture: 1_900 },
  ]) {
    it(`${width} pixels are wide enough, and filled`, async () => {
      for (const { page } of [owner, visitor]) await page.setViewportSize({ width, height });
      for (const [who, path, id] of [
        [owner, "/browse", "category-list"],
        [owner, "/dashboard", "preview"],
        [owner, "/dashboard/channel", "title-input"],
        [owner, "/settings/account", "change-email"],
        [owner, `/moderation/${name}`, "moderation"],
        [owner, "/admin", DATA ? "administration" : "not-staff"],
        [visitor, "/login", "login-submit"],
        [owner, `/${name}`, "chat-input"],
      ]) {
        await open(who, path, id);
        await assertFits(who, `${path} at ${width}`);
      }
      const box = (id) => owner.at(id).boundingBox();
      const [player, chat] = [await box("player"), await box("chat")];
      assert.ok(player.width >= picture, `the picture has ${player.width} of ${width} px`);
      assert.ok(Math.abs(chat.x + chat.width - width) < 30, `the chat ends at ${chat.x + chat.width}`);
      await open(owner, "/", `card-${name}`);
      await assertFits(owner, `/ at ${width}`);
      const cards = await owner
        .at("home-list")
        .evaluate((grid) => getComputedStyle(grid).gridTemplateColumns.split(" ").length);
      assert.equal(cards, columns, "columns of cards");
      const { width: wide } = await box("home-list");
      assert.ok(wide >= list, `the list has ${wide} of ${width} px`);
    });
  }

  it("the two columns of the dashboard end together", async () => {
    await owner.page.setViewportSize({ width: 1440, height: 900 });
    await open(owner, "/dashboard", "preview");
    await owner.at("renditions").waitFor();
    const [left, right] = await owner.page.evaluate(() =>
      ["end-broadcast", "markers"].map((id) =>
        document.querySelector(`[data-testid=${id}]`).getBoundingClientRect().toJSON(),
      ),
    );
    assert.ok(right.left > left.right, "they are side by side");
    assert.ok(Math.abs(left.bottom - right.bottom) < 2, `${left.bottom} and ${right.bottom}`);
  });

  it("picture, advice, title and category are in sight as the dashboard opens", async () => {
    for (const [width, height] of [
      [1440, 900],
      [1280, 800],
    ]) {
      await owner.page.setViewportSize({ width, height });
      await open(owner, "/dashboard", "preview");
      await until("advice is given", async () => (await owner.at("coach").innerText()) !== "");
      // The question about the address takes its part of the window, too.
      await owner.at("confirm-address").waitFor();
      for (const id of ["preview", "coach", "title-input", "category-input", "title-save"]) {
        const { y, height: high } = await owner.at(id).boundingBox();
        assert.ok(y + high <= height, `${id} ends at ${y + high} of ${height} px`);
      }
    }
  });

  it("the chat beside the dashboard ends with the window, also when what stood over both has scrolled away", async () => {
    await owner.page.setViewportSize({ width: 1440, height: 900 });
    await open(owner, "/dashboard", "preview");
    await owner.at("confirm-address").waitFor();
    const ends = (what) =>
      until(what, async () => {
        const { y, height } = await owner.at("chat").boundingBox();
        return Math.abs(y + height - 900) < 2;
      });
    await ends("it ends with the window");
    for (const down of [20, 400, 0]) {
      await owner.page.evaluate((top) => window.scrollTo({ top, behavior: "instant" }), down);
      await ends(`it ends with the window, ${down} px further down`);
    }
  });

  it("what gets the focus on a phone is below the picture that stays on top", async () => {
    const { page, at } = fan;
    await page.setViewportSize({ width: 390, height: 844 });
    await enter(fan, `/${name}`);
    await isPlaying(fan);
    await at("chat-input").focus();
    const box = (id) => at(id).boundingBox();
    await tabTo(fan, "follow", "Shift+Tab");
    const [picture, follow] = [await box("player"), await box("follow")];
    assert.ok(
      follow.y >= picture.y + picture.height,
      `at ${follow.y}, the picture ends at ${picture.y + picture.height}`,
    );
  });

  it("nothing moves for who wants no motion", async () => {
    const { page, at } = fan;
    await page.setViewportSize({ width: 1440, height: 900 });
    await page.addInitScript(noteMotion, MOMENT_MS);
    // That it can be seen where somebody has no such wish.
    await open(fan, "/", `card-${name}`);
    await page.mouse.move(3, 3);
    await at(`card-${name}`).hover();
    await until("something moves", async () => (await motions(fan)).length > 0);
    await page.emulateMedia({ reducedMotion: "reduce" });
    await open(fan, "/", `card-${name}`);
    await page.mouse.move(3, 3);
    await at(`card-${name}`).hover();
    assert.deepEqual(await motions(fan), [], "home");
    await open(fan, `/${name}`, "stream-title");
    await isPlaying(fan);
    await at("share").hover();
    assert.deepEqual(await motions(fan), [], "watch");
    await open(fan, "/dashboard", "title-input");
    await at("title-save").hover();
    assert.deepEqual(await motions(fan), [], "dashboard");
    assert.deepEqual([...owner.failures, ...fan.failures, ...visitor.failures], []);
  });
});
