/**
 * The app in Firefox, driven by WebDriver BiDi, beside people in Chromium: it signs up, watches, talks and is moderated there as anywhere.
 * `STREAMLY_E2E_FIREFOX` names the program. Playwright's newest releases ask Firefox for more than the extended support release understands.
 */
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { after, describe, it } from "node:test";
import { firefox } from "playwright-core";
import {
  assertMoves,
  BASE,
  createKey,
  freshName,
  fromBar,
  person,
  publish,
  registerPerson,
  SMALL,
  skip,
  stage,
  until,
  untilState,
} from "./harness.mjs";
import { assertSeen, enter, line, press, say, untilConnected } from "./room.mjs";

const program = process.env.STREAMLY_E2E_FIREFOX ?? "/usr/bin/firefox-esr";
const missing = existsSync(program) ? false : `${program} is not there`;
/** What Playwright would set for a page, and this Firefox cannot be told over BiDi. */
const asItIs = { colorScheme: null, reducedMotion: null, forcedColors: null, contrast: null };

/** What is filled in by a script over BiDi, React does not hear of; keys it does. */
function typing(who) {
  const at = (id) => {
    const place = who.page.getByTestId(id);
    place.fill = async (text) => {
      await place.click();
      await who.page.keyboard.type(text);
    };
    return place;
  };
  return { ...who, at };
}

describe("in Firefox", { skip: skip || missing }, () => {
  const name = freshName("fox_owner");
  const fox = freshName("fox");
  let [owner, viewer, browser] = [];
  stage(["--autoplay-policy=no-user-gesture-required"], async (stage) => {
    browser = await firefox.launch({
      executablePath: program,
      channel: "moz-firefox",
      // As with a permission that a viewer gave: sound at once.
      firefoxUserPrefs: { "media.autoplay.default": 0 },
    });
    [owner, viewer] = [await person(stage.browser), typing(await person(browser, asItIs))];
    await registerPerson(owner, name);
    // Small, for both engines decode in software and share the machine with the encoder.
    stage.publisher = publish(await createKey(owner), SMALL);
    await untilState(owner, "dashboard-state", "live", 30_000);
    await enter(owner, `/popout/${name}/chat`);
  });
  after(() => browser?.close());

  it("signs up and shows a live channel that was clicked on", async () => {
    await registerPerson(viewer, fox);
    await viewer.page.goto(BASE);
    await viewer.page.locator(`a[href="/${name}"]`).first().click();
    await viewer.page.waitForURL(`${BASE}/${name}`);
    await assertMoves(viewer);
    const measures = () => viewer.at("player-video").evaluate((video) => video.measures());
    await until("it is as close to live as it aims for", async () => {
      const { ahead, target } = await measures();
      return ahead < target + 0.5;
    });
  });

  it("has its keys and its menu", async () => {
    await fromBar(viewer, "quality-menu");
    await viewer.at("quality-source").waitFor();
    await viewer.page.keyboard.press("Escape");
    const muted = () => viewer.at("player-video").evaluate((video) => video.muted);
    const before = await muted();
    await viewer.page.keyboard.press("m");
    await until("m changes the sound", async () => (await muted()) !== before);
  });

  it("talks and hears", async () => {
    await untilConnected(viewer);
    await say(viewer, "hello from the other engine");
    await assertSeen("hello from the other engine", owner, viewer);
    await say(owner, "welcome");
    await assertSeen("welcome", owner, viewer);
  });

  it("sees that a message was taken away", async () => {
    await press(owner, "hello from the other engine", "line-delete");
    await until("it is gone", async () => (await line(viewer, "hello from the other engine").count()) === 0);
  });

  it("goes on after a reload, and nothing went wrong on the way", async () => {
    await viewer.page.reload();
    await assertMoves(viewer);
    await untilConnected(viewer);
    // Firefox says this of what a service worker still fetched for the page that was left.
    const ofThePageBefore = /A ServiceWorker intercepted the request/;
    assert.deepEqual(
      viewer.failures.filter((failure) => !ofThePageBefore.test(failure)),
      [],
    );
  });
});
