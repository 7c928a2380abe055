/** A visit with a finger, on a phone: the player's settings, a moderator's acts on a line of the chat, and the emotes. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { assertClean } from "./axe.mjs";
import {
  assertMoves,
  attribute,
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
import { assertSeen, enter, line, say } from "./room.mjs";

const PHONE = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true, locale: "en-US" };

describe("a visit with a finger", { skip }, () => {
  const name = freshName("tapa");
  let [owner, fan] = [];
  const scene = stage(["--autoplay-policy=no-user-gesture-required"], async ({ browser }) => {
    [owner, fan] = [await person(browser, PHONE), await person(browser, { locale: "en-US" })];
    await registerPerson(owner, name);
    await registerPerson(fan, freshName("finn"));
    scene.publisher = publish(await createKey(owner), SMALL);
    await untilState(owner, "dashboard-state", "live", 30_000);
    await enter(fan, `/popout/${name}/chat`);
    await enter(owner, `/${name}`);
    await assertMoves(owner);
  });
  const video = (of) => owner.at("player-video").evaluate(of);
  const bar = () => owner.at("player-play").evaluate((k) => k.checkVisibility({ opacityProperty: true }));
  let left = false;
  /** A tap on the picture, never where the last one was: two would be a double one. A menu that is open is away then. */
  const tapPicture = async () => {
    left = !left;
    const { x, y, width, height } = await owner.at("player").boundingBox();
    await owner.page.touchscreen.tap(x + width * (left ? 0.2 : 0.8), y + height / 4);
  };
  /** Taps something of the bar, which does not stay for long after a tap on the picture. */
  const tapBar = (id, opened) =>
    until(`${id} was tapped`, async () => {
      if ((await owner.at(opened).count()) > 0) return true;
      await tapPicture();
      await owner
        .at(id)
        .tap({ timeout: 1_000 })
        .catch(() => {});
      return false;
    });

  it("a tap on the picture shows the bar, and does not stop the picture", async () => {
    await until("the bar is gone", async () => !(await bar()));
    await tapPicture();
    await until("it is there", bar);
    assert.equal(await video((v) => v.paused), false);
    assert.equal(await video((v) => v.muted), false);
  });

  it("a quality and a delay are chosen in the player's settings, which fit the phone", async () => {
    await tapBar("quality-menu", "quality-source");
    const menu = await owner.page.getByRole("menu").boundingBox();
    assert.ok(menu.x >= 0 && menu.x + menu.width <= 390, JSON.stringify(menu));
    await assertClean(owner.page, "the settings on a phone");
    await owner.at("quality-source").tap();
    await until("it is away", async () => (await owner.at("quality-source").count()) === 0);
    await tapBar("quality-menu", "latency-smooth");
    assert.equal(await attribute(owner, "quality-source", "aria-checked"), "true");
    await owner.at("latency-smooth").tap();
    await until("three seconds more", async () => (await video((v) => v.measures())).ahead > 2.8);
    assert.equal(await attribute(owner, "quality-menu", "data-playing"), "source");
    await tapBar("quality-menu", "latency-smooth");
    assert.equal(await attribute(owner, "latency-smooth", "aria-checked"), "true");
    // A tap beside it puts it away.
    await tapPicture();
    await until("it is away", async () => (await owner.at("latency-smooth").count()) === 0);
    await assertMoves(owner);
  });

  it("a line that is tapped has the moderator's acts, and a tap elsewhere puts them away", async () => {
    const [first, second] = ["rather rude words", "others that are no better"];
    for (const text of [first, second]) {
      await say(fan, text);
      await assertSeen(text, owner, fan);
    }
    assert.equal(await owner.at("line-delete").count(), 0);
    await line(owner, first).tap();
    await owner.at("line-delete").waitFor();
    await owner.at("stream-title").tap();
    await until("they are away", async () => (await owner.at("line-delete").count()) === 0);
    await line(owner, first).tap();
    await line(owner, first).getByTestId("line-delete").tap();
    for (const who of [fan, owner])
      await until("it is gone", async () => (await line(who, first).count()) === 0);
    await line(owner, second).tap();
    await line(owner, second).getByTestId("line-timeout").tap();
    await owner.at("timeout-60").tap();
    await fan.at("chat-sanction").waitFor();
  });

  it("an emote is picked and sent", async () => {
    await owner.at("chat-emotes").tap();
    const emote = owner.at("emote-picker").locator("[data-emote]").first();
    await emote.waitFor();
    const picker = await owner.at("emote-picker").boundingBox();
    assert.ok(picker.x >= 0 && picker.x + picker.width <= 390, JSON.stringify(picker));
    await assertClean(owner.page, "the emotes on a phone");
    await emote.tap();
    await until("the picker is away", async () => (await owner.at("emote-picker").count()) === 0);
    const written = await owner.at("chat-input").inputValue();
    assert.match(written, /^:[^\s:]+: $/);
    await owner.at("chat-send").tap();
    const drawn = fan.at("chat-message").locator(`img[alt="${written.trim()}"]`);
    await until("it is drawn", async () =>
      (await drawn.count()) === 1 ? drawn.evaluate((img) => img.complete && img.naturalWidth > 0) : false,
    );
    assert.deepEqual([...owner.failures, ...fan.failures], []);
  });
});
