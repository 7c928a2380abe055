/**
 * From the dashboard to the viewers, as people do it: register, make a key, publish with it, be live; two people watch
 * and chat; the broadcast ends on everybody's page. Steps build on each other and run in order.
 */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  assertMoves,
  assertSoon,
  attribute,
  BASE,
  createKey,
  freshName,
  fromBar,
  person,
  picture,
  publish,
  registerPerson,
  skip,
  stage,
  until,
  untilState,
} from "./harness.mjs";

describe("a broadcast, from the key to the end", { skip }, () => {
  let maya;
  let noor;
  let visitor;
  let place;
  const mayaName = freshName("maya");
  const noorName = freshName("noor");
  const scene = stage(["--autoplay-policy=no-user-gesture-required"], async ({ browser }) => {
    const phone = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };
    [maya, noor, visitor] = [await person(browser), await person(browser), await person(browser, phone)];
  });

  it("a bad name is refused beside its field and what was typed stays", async () => {
    await maya.page.goto(`${BASE}/register`);
    await maya.at("register-username").fill("x");
    await maya.at("register-email").fill("x@example.org");
    await maya.at("register-password").fill("long enough, surely");
    await maya.at("register-submit").click();
    await until(
      "an error at the name",
      async () => (await attribute(maya, "register-username", "aria-invalid")) === "true",
    );
    assert.equal(await maya.at("register-email").inputValue(), "x@example.org");
  });

  it("registering leads to the dashboard, which waits for the encoder", async () => {
    await registerPerson(maya, mayaName);
    await untilState(maya, "dashboard-state", "offline");
    assert.match(await maya.at("dashboard-state").innerText(), /you are offline/i);
    assert.doesNotMatch(await maya.at("dashboard-state").innerText(), /below/);
    assert.equal(await attribute(maya, "step-key", "data-done"), "false");
  });

  it("a reload keeps the session", async () => {
    await maya.page.reload();
    await maya.at("dashboard-state").waitFor();
  });

  it("creating a key ticks the first step and shows server and key", async () => {
    place = await createKey(maya);
    await until(
      "the first step is ticked",
      async () => (await attribute(maya, "step-key", "data-done")) === "true",
    );
    assert.match(place.server, /^rtmps?:\/\//);
    assert.ok(place.key.length >= 20, "a long key");
    assert.ok(
      !(await maya.at("key-value").innerText()).includes(place.key),
      "the key is covered until asked for",
    );
    assert.match(await maya.at("dashboard-state").innerText(), /waiting for your encoder.*below/i);
    assert.match(await maya.at("key-row").innerText(), /never used/i);
  });

  it("the link to the channel is copied by one press", async () => {
    await maya.page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
    await maya.at("copy-link").click();
    await until("it is said", async () => /copied/i.test(await maya.at("copy-link").innerText()));
    const copied = await maya.page.evaluate(() => navigator.clipboard.readText());
    assert.equal(copied, new URL(`/${mayaName}`, BASE).href);
  });

  it("a viewer who comes early is told that the channel is offline", async () => {
    await visitor.page.goto(`${BASE}/${mayaName}`);
    await untilState(visitor, "player-state", "offline");
    await registerPerson(noor, noorName);
    await noor.page.goto(`${BASE}/`);
  });

  it("publishing turns the dashboard live by itself, with what arrives", async () => {
    scene.publisher = publish(place);
    await untilState(maya, "dashboard-state", "live", 30_000);
    await until("the resolution", async () =>
      /85[24] × 480/.test(await maya.at("health-resolution").innerText()),
    );
    await until("the frame rate", async () =>
      /(14|15|16)(\.\d)? fps/.test(await maya.at("health-fps").innerText()),
    );
    await until("the video bitrate", async () =>
      /[kM]bit\/s/.test(await maya.at("health-video").innerText()),
    );
    await until("the keyframe interval", async () =>
      /^1(\.\d)? s$/.test(await maya.at("health-keyframes").innerText()),
    );
    assert.match(await maya.at("health-codecs").innerText(), /H\.264.*AAC/);
  });

  it("the key's row follows by itself", async () => {
    await until(
      "the key is used",
      async () => /last used/i.test(await maya.at("key-row").innerText()),
      5_000,
    );
  });

  it("the home page lists the channel without a reload", async () => {
    await noor.at(`card-${mayaName}`).waitFor();
    assert.match(await noor.at(`card-${mayaName}`).getByTestId("card-viewers").innerText(), /\d+ viewers?/);
  });

  it("the early viewer's picture starts by itself, and moves", async () => {
    await untilState(visitor, "player-state", "live");
    await assertMoves(visitor);
  });

  it("a click on the card opens the channel and its picture moves", async () => {
    await noor.at(`card-${mayaName}`).click();
    await noor.page.waitForURL(`${BASE}/${mayaName}`);
    await untilState(noor, "player-state", "live");
    const seen = await assertMoves(noor);
    assert.ok(seen.height > 0);
  });

  it("the broadcaster's preview moves", () => assertMoves(maya));

  it("the two viewers are counted, and the broadcaster's preview is not", async () => {
    await until(
      "two viewers on the page",
      async () => (await attribute(noor, "stream-viewers", "data-count")) === "2",
      5_000,
    );
    assert.match(await maya.at("dashboard-viewers").innerText(), /^2 viewers$/);
  });

  it("the quality menu lists the source and the rungs below it, and switches", async () => {
    await fromBar(noor, "quality-menu");
    for (const name of ["auto", "source", "360p"]) await noor.at(`quality-${name}`).waitFor();
    await noor.at("quality-360p").click();
    await until("360p plays", async () => (await picture(noor)).height === 360, 15_000);
    await assertMoves(noor);
    await fromBar(noor, "quality-menu");
    await noor.at("quality-source").click();
    await until("the source plays", async () => (await picture(noor)).height === 480, 15_000);
    await assertMoves(noor);
  });

  it("playback holds close to the live edge", async () => {
    await until(
      "less than 0.9 s in the buffer",
      () =>
        noor.page.evaluate(() => document.querySelector("[data-testid=player-video]").measures().ahead < 0.9),
      20_000,
    );
  });

  it("pausing falls behind and the Live button comes back", async () => {
    await noor.page.keyboard.press("k");
    await until(
      "behind",
      async () => Number(await attribute(noor, "player-live", "data-behind")) >= 3,
      15_000,
    );
    await noor.page.keyboard.press("k");
    await fromBar(noor, "player-live");
    await until(
      "live again",
      async () => (await attribute(noor, "player-live", "data-behind")) === "0",
      10_000,
    );
    await assertMoves(noor);
  });

  it("the time bar goes back, plays there, and the Live button returns", async () => {
    const behind = async () => Number(await attribute(noor, "player-live", "data-behind"));
    const exact = () =>
      noor.page.evaluate(() => document.querySelector("[data-testid=player-video]").measures().behind);
    let moved = 0;
    await until("twenty seconds to go back to", async () => {
      // A mouse that rests lets the bar go.
      await noor.page.mouse.move(440 + (moved++ % 2) * 20, 440);
      const depth =
        (await noor.at("player-seek").count()) && (await attribute(noor, "player-seek", "data-depth"));
      return Number(depth) >= 20;
    });
    const bar = await noor.at("player-seek").boundingBox();
    await noor.page.mouse.move(bar.x + bar.width / 3, bar.y + bar.height / 2);
    const depth = Number(await attribute(noor, "player-seek", "data-depth"));
    await noor.page.mouse.click(bar.x + bar.width / 4, bar.y + bar.height / 2);
    await until("back", async () => Math.abs((await behind()) - depth * 0.75) <= 3, 5_000);
    await assertMoves(noor);
    // It is as far behind as it was, by the media's own time too.
    assert.ok(Math.abs((await exact()) - depth * 0.75) <= 4, `${await exact()} s behind of ${depth}`);
    assert.match(await noor.at("player-behind").innerText(), /^−\d+:\d\d$/);
    assert.match(await attribute(noor, "player-seek", "aria-valuetext"), /(second|minute)s? behind live$/);

    // By keys on the bar, and by touch on the phone, where a tap on the picture brings the bar for a while.
    const before = await behind();
    await noor.at("player-seek").focus();
    await noor.page.keyboard.press("ArrowRight");
    await until("five seconds on", async () => Math.abs(before - 5 - (await behind())) <= 1, 5_000);
    const phone = async () => Number(await attribute(visitor, "player-live", "data-behind"));
    const tapped = (id, so) =>
      until(`${id} was tapped`, async () => {
        await visitor.at("player-video").tap({ position: { x: 100, y: 60 } });
        // Gone again before the tap: a busy machine.
        const done = await visitor
          .at(id)
          .tap({ timeout: 1_500 })
          .then(() => true)
          .catch(() => false);
        await until("it follows", so, 500).catch(() => null);
        return done && so();
      });
    const from = await phone();
    await tapped("player-back", async () => (await phone()) >= from + 8);
    await assertMoves(visitor);

    await tapped("player-live", async () => (await phone()) <= from);
    await fromBar(noor, "player-live");
    for (const who of [noor, visitor]) {
      await until("live", async () => (await attribute(who, "player-live", "data-behind")) === "0", 5_000);
      await assertMoves(who);
    }
    await until("close to live", async () => (await exact()) < 3);
  });

  it("the question mark lists the keys, and Escape closes the list", async () => {
    await noor.page.evaluate(() => document.activeElement?.blur());
    await noor.page.keyboard.press("?");
    await noor.at("player-keys").waitFor();
    assert.match(await noor.at("player-keys").innerText(), /Pause and play[\s\S]*Full screen/);
    await noor.page.keyboard.press("Escape");
    await until("it is gone", async () => (await noor.at("player-keys").count()) === 0);
  });

  it("keys can be switched off for the page, and still work on the player", async () => {
    const listed = (count) => until("the list", async () => (await noor.at("player-keys").count()) === count);
    await noor.page.keyboard.press("?");
    await noor.at("player-keys-everywhere").uncheck();
    await noor.page.keyboard.press("Escape");
    await listed(0);
    await noor.page.evaluate(() => document.activeElement?.blur());
    // One that opened the list would be followed by one that closes it.
    await noor.page.keyboard.press("?");
    await noor.at("player-play").focus();
    await noor.page.keyboard.press("?");
    await listed(1);
    await noor.at("player-keys-everywhere").check();
    await noor.page.keyboard.press("Escape");
    await listed(0);
  });

  it("two people chat and a visitor reads", async () => {
    await noor.at("chat-input").fill("hello from noor");
    await noor.at("chat-send").click();
    for (const who of [maya, noor, visitor]) {
      await who.at("chat-message").filter({ hasText: "hello from noor" }).waitFor();
    }
    await maya.at("chat-input").fill("hello from maya");
    await maya.page.keyboard.press("Enter");
    for (const who of [maya, noor, visitor]) {
      await who.at("chat-message").filter({ hasText: "hello from maya" }).waitFor();
    }
    await until("nothing is pending", async () => (await noor.at("chat-pending").count()) === 0);
    assert.equal(await noor.at("chat-message").filter({ hasText: "hello from noor" }).count(), 1);
    await visitor.at("chat-readonly").waitFor();
  });

  it("a new viewer is on everybody's page within 3 s", async () => {
    const late = await person(scene.browser);
    await late.page.goto(`${BASE}/${mayaName}`);
    await until("the picture", async () => (await picture(late)).time > 0);
    const seen = Date.now();
    await until("three", async () => (await attribute(noor, "stream-viewers", "data-count")) === "3");
    await assertSoon(seen, 3_000, "the count followed the first picture");
    await late.context.close();
  });

  it("a new title reaches the viewers by push", async () => {
    await maya.at("title-input").fill("A title from the dashboard");
    await maya.at("title-save").click();
    await until(
      "the title",
      async () => /A title from the dashboard/.test(await noor.at("stream-title").innerText()),
      10_000,
    );
  });

  it("after Stop, viewers read that it has ended within 3 s", async () => {
    // Counted from the signal: the publisher's own good-bye is part of it.
    const stopped = Date.now();
    await scene.publisher.stop();
    await Promise.all([noor, visitor].map((who) => untilState(who, "player-state", "ended", 5_000)));
    await assertSoon(stopped, 3_000, "the end was read after Stop");
    assert.match(await noor.at("player-state").innerText(), /ended/i);
  });

  it("the dashboard waits again and the home page is empty of the channel", async () => {
    await untilState(maya, "dashboard-state", "offline", 5_000);
    assert.match(await maya.at("dashboard-state").innerText(), /press start streaming/i);
    assert.equal(await attribute(maya, "step-obs", "data-done"), "true", "the key was used");
    await visitor.page.goto(`${BASE}/`);
    await until("the channel is gone", async () => (await visitor.at(`card-${mayaName}`).count()) === 0);
  });

  it("a second broadcast plays on the same page without a reload", async () => {
    scene.publisher = publish(place);
    await untilState(noor, "player-state", "live", 30_000);
    await assertMoves(noor);
    await scene.publisher.stop();
    await untilState(noor, "player-state", "ended", 5_000);
  });

  it("no page broke, broke the content policy or asked a third party", () => {
    assert.deepEqual([...maya.failures, ...noor.failures, ...visitor.failures], []);
  });
});
