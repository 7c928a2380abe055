/** Test mode and markers, with three people: a test that nobody else hears of, the moment it goes live, and what was marked in it. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { assertClean } from "./axe.mjs";
import {
  assertMoves,
  BASE,
  createKey,
  freshName,
  person,
  picture,
  publish,
  registerPerson,
  SMALL,
  skip,
  stage,
  until,
  untilState,
} from "./harness.mjs";
import { shoot } from "./looks.mjs";
import { focused } from "./room.mjs";

describe("the desk of a broadcaster", { skip }, () => {
  let [owner, helper, stranger, fan] = [];
  const name = freshName("olga");
  const helperName = freshName("pia");
  const scene = stage(["--autoplay-policy=no-user-gesture-required"], async ({ browser }) => {
    [owner, helper, stranger, fan] = await Promise.all(Array.from({ length: 4 }, () => person(browser)));
    await registerPerson(owner, name);
    await registerPerson(helper, helperName);
    await registerPerson(fan, freshName("rolf"));
  });
  const asked = async (path, who = stranger) => {
    const answer = await who.page.request.get(`${BASE}${path}`);
    return { status: answer.status(), body: await answer.text() };
  };
  /** As its owner's page would ask. */
  const call = (who, method, path, body) =>
    who.page.evaluate(
      async ([method, path, body]) => {
        const { access_token } = await (await fetch("/api/auth/refresh", { method: "POST" })).json();
        const answer = await fetch(path, {
          method,
          headers: { authorization: `Bearer ${access_token}`, "content-type": "application/json" },
          ...(body ? { body: JSON.stringify(body) } : {}),
        });
        const text = await answer.text();
        return { status: answer.status, body: text ? JSON.parse(text) : null };
      },
      [method, path, body],
    );

  it("the switch is off at first, and stays on once it was switched on", async () => {
    assert.equal(await owner.at("test-mode-switch").getAttribute("aria-checked"), "false");
    await owner.at("test-mode-switch").click();
    await until("it is on", async () => (await owner.at("test-mode").getAttribute("data-on")) === "true");
    await owner.page.reload();
    await until("it stays on", async () => (await owner.at("test-mode").getAttribute("data-on")) === "true");
    await assertClean(owner.page, "test mode on");
    await shoot(owner, "desk-switch");
    const added = await call(owner, "PUT", `/api/streams/me/members/${helperName}`, { role: "moderator" });
    assert.equal(added.status, 204);
    await fan.page.goto(`${BASE}/${name}`);
    await fan.at("follow").click();
    await fan.at("bell").waitFor();
    await fan.page.goto(`${BASE}/settings/account`);
    await fan.at("notice-bell").waitFor();
  });

  it("a test is on air: its broadcaster sees it and is told what it is, and its moderator, too", async () => {
    await stranger.page.goto(`${BASE}/${name}`);
    await untilState(stranger, "player-state", "offline");
    scene.publisher = publish(await createKey(owner), SMALL);
    await owner.at("test-on-air").waitFor();
    await assertMoves(owner);
    await owner.at("test-on-picture").waitFor();
    assert.match(await owner.at("dashboard-state").innerText(), /test/i);
    await assertClean(owner.page, "a test on air");
    await shoot(owner, "desk-test");
    await helper.page.goto(`${BASE}/${name}`);
    await assertMoves(helper);
    assert.match(await helper.at("watch-test").innerText(), /only the channel's team/);
    await shoot(helper, "desk-test-watched");
    await helper.page.goto(`${BASE}/popout/${name}/player`);
    await assertMoves(helper);
    assert.equal(await helper.at("popout-test").innerText(), "TEST");
  });

  it("strangers see nothing of it, wherever they look", async () => {
    assert.equal(await stranger.at("player-state").getAttribute("data-state"), "offline");
    const { body } = await call(owner, "GET", "/api/streams/me");
    const { broadcast_id: broadcast, playback_url: playback } = body.live;
    const token = new URL(playback, BASE).searchParams.get("token");
    assert.ok(token, "the owner has a token");
    const seen = await asked(`/api/streams/${name}`);
    assert.deepEqual([JSON.parse(seen.body).state, JSON.parse(seen.body).live], ["offline", null]);
    for (const path of [
      "/api/streams?live=true",
      `/api/streams?live=true&q=${name}`,
      `/api/streams/${name}/card`,
    ]) {
      assert.ok(!(await asked(path)).body.includes(broadcast), path);
    }
    assert.equal(JSON.parse((await asked(`/api/streams/${name}/card`)).body).live, false);
    const page = await asked(`/${name}`);
    assert.ok(!page.body.includes("/stills/"), "no picture of it in the page's head");
    assert.equal((await asked(`/live/${name}/index.m3u8`)).status, 404);
    assert.equal((await asked(`/live/${name}/index.m3u8?preview=1&token=x`)).status, 404);
    for (const path of ["source/index.m3u8", "source/1-1.m4s", "source/1-init0.mp4", "stills/1048577.jpg"]) {
      const { status } = await asked(`/live/b/${broadcast}/${path}`);
      assert.ok(status === 401 || status === 403, `${path}: ${status}`);
    }
    // The owner's token is one for this channel: it opens the door for who has it, and nobody else has.
    assert.equal((await asked(`/live/${name}/index.m3u8?token=${token}`)).status, 200);
    await stranger.page.goto(BASE);
    await until(
      "home has loaded",
      async () => (await stranger.at("home-empty").count()) + (await stranger.at("home-list").count()) > 0,
    );
    assert.equal(await stranger.page.locator(`a[href="/${name}"]`).count(), 0);
    assert.equal(await fan.at("notice-unread").count(), 0);
    await stranger.page.goto(`${BASE}/${name}`);
    await untilState(stranger, "player-state", "offline");
  });

  it("goes live: who is on the page sees it without a reload, followers are told, and nothing of the test is left", async () => {
    const { body } = await call(owner, "GET", "/api/streams/me");
    const { broadcast_id: broadcast, playback_url: playback } = body.live;
    const token = new URL(playback, BASE).searchParams.get("token");
    const list = async (query) => (await asked(`/live/b/${broadcast}/source/index.m3u8${query}`)).body;
    const names = (text) =>
      text
        .split("\n")
        .filter((line) => /^\d+-\d+\.m4s/.test(line))
        .map((line) => line.split("?")[0]);
    const ofTest = names(await list(`?token=${token}`));
    assert.ok(ofTest.length > 0);
    await stranger.page.evaluate(() => {
      window.notReloaded = true;
    });
    await owner.at("test-go-live").click();
    await shoot(owner, "desk-asks");
    const since = Date.now();
    await owner.at("confirm-go-live").click();
    await untilState(stranger, "player-state", "live", 15_000);
    const first = await until("a stranger has a picture", async () => {
      const seen = await picture(stranger);
      return seen.width > 0 && seen.time > 0 && seen;
    });
    await until("it moves", async () => (await picture(stranger)).time > first.time + 0.5);
    console.log(`# a stranger's picture moved ${Date.now() - since} ms after the click`);
    // As at every beginning, who is there from the first segment on has little in hand.
    await until("it goes on", async () => (await picture(stranger)).time > first.time + 3);
    await assertMoves(stranger);
    assert.equal(await stranger.at("watch-test").count(), 0);
    assert.equal(await stranger.page.evaluate(() => window.notReloaded), true);
    await stranger.page.goto(BASE);
    await stranger.page.locator(`a[href="/${name}"]`).first().waitFor();
    await until("the follower is told", async () => (await fan.at("notice-unread").count()) === 1);
    assert.equal(await owner.at("test-on-air").count(), 0);
    assert.equal(await owner.at("test-on-picture").count(), 0);
    await assertMoves(owner);
    await assertMoves(helper);
    for (const segment of ofTest) {
      const { status } = await asked(`/live/b/${broadcast}/source/${segment}`);
      assert.ok(status === 404 || status === 410, `${segment}: ${status}`);
    }
    const real = names(await list(""));
    assert.ok(!real.some((segment) => ofTest.includes(segment)), `${real}`);
    assert.match((await asked("/api/streams?live=true")).body, new RegExp(broadcast));
    // It cannot be made a test any more.
    const refused = await call(owner, "PATCH", "/api/streams/me", { test_mode: true });
    assert.deepEqual([refused.status, refused.body.code], [409, "already_live"]);
  });

  it("owner and moderator set markers, which have labels that change", async () => {
    await owner.at("marker-label").fill("The first jump");
    await owner.at("set-marker").click();
    await owner.at("marker").filter({ hasText: "The first jump" }).waitFor();
    await helper.page.goto(`${BASE}/moderation/${name}`);
    await helper.at("marker-label").fill("By the helper");
    await helper.at("set-marker").click();
    await helper.at("marker").filter({ hasText: "By the helper" }).waitFor();
    await assertClean(helper.page, "the moderators' desk with markers");
    await shoot(helper, "desk-moderation");
    const denied = await call(fan, "POST", `/api/streams/${name}/markers`, { label: "No" });
    assert.equal(denied.status, 403);
    const helpers = owner.at("marker").filter({ hasText: "By the helper" });
    await helpers.waitFor();
    assert.match(await helpers.innerText(), new RegExp(helperName));
    const first = owner.at("marker").filter({ hasText: "The first jump" });
    await first.getByTestId("marker-edit").click();
    await owner.at("marker-edit-text").fill("The best jump");
    await owner.at("marker-save").click();
    await owner.at("marker").filter({ hasText: "The best jump" }).waitFor();
    await until("the focus is with the marker", async () => (await focused(owner)) === "marker");
    await assertClean(owner.page, "markers");
    await shoot(owner, "desk-markers");
  });

  it("/marker in the chat sets one, too, and says what is wrong with a long label beside it", async () => {
    const type = async (who, text) => {
      await who.at("chat-input").fill(text);
      await who.at("chat-input").press("Enter");
    };
    await helper.at("chat-input").fill("/mar");
    await helper.at("chat-completions").getByText("Mark this moment of the broadcast").waitFor();
    await shoot(helper, "desk-marker-offered");
    await type(helper, "/marker From the chat");
    const told = helper.at("chat-aside").filter({ hasText: "From the chat" });
    await told.waitFor();
    assert.match(await told.innerText(), /^Marked at \d+:\d\d: From the chat$/);
    assert.equal(await helper.at("chat-input").inputValue(), "");
    // Beside the chat it is listed at once.
    await helper.at("marker").filter({ hasText: "From the chat" }).waitFor();
    await assertClean(helper.page, "the moderators' desk with a marker of the chat");
    await shoot(helper, "desk-marker-told");

    const long = "x".repeat(141);
    await type(helper, `/marker ${long}`);
    await until("it is refused", async () =>
      /140 characters/.test(await helper.at("chat-notice").innerText()),
    );
    assert.equal(await helper.at("chat-input").inputValue(), `/marker ${long}`, "what was typed stays");
    await helper.at("chat-input").fill("");
    const count = await owner.at("marker").count();
    await owner.at("marker-label").fill(long);
    await owner.at("set-marker").click();
    assert.match(await owner.at("marker-refused").first().innerText(), /140 characters.* 1 /);
    assert.equal(await owner.at("marker-label").getAttribute("aria-invalid"), "true");
    assert.equal(await owner.at("marker-label").inputValue(), long, "what was typed stays");
    await assertClean(owner.page, "a label that is too long");
    await shoot(owner, "desk-marker-refused");
    await owner.at("marker-label").fill("");
    assert.equal(await owner.at("marker").count(), count);

    // Somebody who may not is told so, and the room hears nothing of it.
    await fan.page.goto(`${BASE}/${name}`);
    await fan.at("chat-input").waitFor();
    await fan.at("chat-input").fill("/mar");
    assert.equal(await fan.at("chat-completions").count(), 0);
    await type(fan, "/marker Mine");
    await until("the fan is told", async () =>
      /moderators set markers/.test(await fan.at("chat-notice").innerText()),
    );
    assert.equal(await owner.at("chat-message").filter({ hasText: "/marker" }).count(), 0);
  });

  it("the past broadcast has them, and is no test", async () => {
    const { body } = await call(owner, "GET", "/api/streams/me");
    const id = body.live.broadcast_id;
    // Its first minute has to be counted, or there is no course to mark.
    await until(
      "a minute is counted",
      async () => (await call(owner, "GET", `/api/streams/me/broadcasts/${id}`)).body.points.length > 0,
      100_000,
    );
    await scene.publisher.stop();
    await untilState(owner, "dashboard-state", "offline", 60_000);
    await owner.page.goto(`${BASE}/dashboard/broadcasts/${id}`);
    await owner.at("course-markers").waitFor();
    assert.deepEqual((await owner.at("marker-text").allInnerTexts()).sort(), [
      "By the helper",
      "From the chat",
      "The best jump",
    ]);
    assert.match((await owner.at("marker-time").allInnerTexts())[0], /^\d+:\d\d$/);
    assert.ok(
      (await owner.page.locator("[data-testid=chart-viewers] [data-flag]").count()) > 0,
      "on the charts",
    );
    assert.ok(!(await owner.page.locator("h1").locator("..").innerText()).includes("test, seen by nobody"));
    await assertClean(owner.page, "a past broadcast with markers");
    await shoot(owner, "desk-past");
    await owner.at("marker").first().getByTestId("marker-delete").click();
    await until("two are left", async () => (await owner.at("marker").count()) === 2);
    await until("the next one has the focus", async () => (await focused(owner)) === "marker");
    await helper.at("chat-input").fill("/marker Too late");
    await helper.at("chat-input").press("Enter");
    await until("it says so", async () =>
      /Nothing is on air/.test(await helper.at("chat-notice").innerText()),
    );
    assert.equal(await helper.at("chat-input").inputValue(), "/marker Too late");
    const switched = await call(owner, "GET", "/api/streams/me");
    assert.equal(switched.body.test_mode, false, "the switch went off by itself");
  });

  it("no page broke", () => {
    for (const who of [owner, helper, stranger, fan]) assert.deepEqual(who.failures, []);
  });
});
