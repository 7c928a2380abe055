/** A visit without a mouse: signing in, watching, following, another quality, sharing and signing out, by keys alone; and keys that are a page's own. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { call, join } from "./api.mjs";
import {
  assertMoves,
  attribute,
  BASE,
  createKey,
  freshName,
  person,
  picture,
  publish,
  registerPerson,
  skip,
  stage,
  until,
  untilState,
} from "./harness.mjs";
import { assertKeptInDialog, focused, tabTo } from "./room.mjs";

describe("a visit without a mouse", { skip }, () => {
  const [name, fan] = [freshName("keya"), freshName("kay")];
  let [owner, viewer] = [];
  const scene = stage(["--autoplay-policy=no-user-gesture-required"], async ({ browser }) => {
    [owner, viewer] = await Promise.all([1, 2].map(() => person(browser, { locale: "en-US" })));
    await join(fan);
    await registerPerson(owner, name);
    await call(name, "PATCH", "/api/streams/me", { bio: "Nothing here needs a mouse." });
    scene.publisher = publish(await createKey(owner));
    await untilState(owner, "dashboard-state", "live", 30_000);
    // Alone with the viewer: its preview would only take the machine's time.
    await owner.page.goto("about:blank");
  });
  const press = (key) => viewer.page.keyboard.press(key);
  const untilFocus = (id) => until(`${id} has the focus`, async () => (await focused(viewer)) === id);
  const playing = () => attribute(viewer, "quality-menu", "data-playing");
  const isPaused = () => viewer.at("player-video").evaluate((video) => video.paused);
  /** Goes down an open menu to an entry. */
  const downTo = (id) =>
    until(`the arrows come to ${id}`, async () => {
      if ((await focused(viewer)) === id) return true;
      await press("ArrowDown");
      return false;
    });

  it("signs in, and comes to a live channel", async () => {
    const { page } = viewer;
    await page.goto(`${BASE}/login`);
    await tabTo(viewer, "login-name");
    await page.keyboard.type(fan);
    await tabTo(viewer, "login-password");
    await page.keyboard.type(`correct horse ${fan}`);
    await press("Enter");
    await page.waitForURL(`${BASE}/`);
    await viewer.at("user-menu").waitFor();
    await tabTo(viewer, `card-${name}`);
    await press("Enter");
    await page.waitForURL(`${BASE}/${name}`);
    await assertMoves(viewer);
  });

  it("follows it", async () => {
    await tabTo(viewer, "follow");
    assert.equal(await attribute(viewer, "follow", "aria-pressed"), "false");
    await press("Enter");
    await until("it is followed", async () => (await attribute(viewer, "follow", "aria-pressed")) === "true");
    assert.equal(await focused(viewer), "follow");
  });

  it("chooses a quality in the player's settings, and is back at their button", async () => {
    await tabTo(viewer, "quality-menu", "Shift+Tab");
    await press("Enter");
    await untilFocus("quality-auto");
    const qualities = viewer.page.getByRole("group", { name: "Quality" });
    assert.equal(await qualities.getByTestId("quality-auto").count(), 1, "what is chosen among has a name");
    await downTo("quality-360p");
    await press("Enter");
    await untilFocus("quality-menu");
    await until("it is on screen", async () => (await picture(viewer)).height === 360);
    await until("the button says so", async () => (await playing()) === "360p");
    await press("Enter");
    await untilFocus("quality-360p");
    await press("Escape");
    await untilFocus("quality-menu");
  });

  it("opens the dialog that shares, which keeps the focus, and leaves it again", async () => {
    await tabTo(viewer, "share");
    await press("Space");
    await viewer.at("share-code").waitFor();
    assert.equal(await isPaused(), false, "on a button Space presses that alone");
    await assertKeptInDialog(viewer);
    await press("Escape");
    await until("it is closed", async () => (await viewer.at("share-dialog").count()) === 0);
    await untilFocus("share");
  });

  it("signs out by the account's menu, and is at the page's content", async () => {
    await tabTo(viewer, "user-menu", "Shift+Tab");
    await press("ArrowDown");
    const isFirst = () => viewer.page.evaluate(() => document.activeElement?.textContent === "My channel");
    await until("its first entry has the focus", isFirst);
    await press("Escape");
    await untilFocus("user-menu");
    await press("ArrowUp");
    await untilFocus("sign-out");
    await press("Enter");
    await viewer.at("sign-in").waitFor();
    await untilFocus("MAIN");
    assert.equal(await isPaused(), false);
  });

  it("opens and closes what the channel says of itself with Space, on a narrow window, and the picture goes on", async () => {
    const { page, at } = viewer;
    await page.setViewportSize({ width: 1000, height: 800 });
    const isOpen = () => at("channel-about").evaluate((details) => details.open);
    await tabTo(viewer, "channel-about-open");
    for (const opened of [true, false]) {
      await press("Space");
      await until(`it is open: ${opened}`, async () => (await isOpen()) === opened);
      assert.equal(await isPaused(), false);
    }
    assert.equal(await focused(viewer), "channel-about-open");
    // Where nothing has a Space of its own it is the player's.
    await page.evaluate(() => document.activeElement.blur());
    await press("Space");
    await until("it is paused", isPaused);
    await press("Space");
    await until("it plays", async () => !(await isPaused()));
    assert.deepEqual([...owner.failures, ...viewer.failures], []);
  });
});
