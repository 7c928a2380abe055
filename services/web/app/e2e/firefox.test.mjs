/**
 * The app in Firefox, driven by WebDriver BiDi, beside people in Chromium: it signs up, watches, talks and moderates there as anywhere.
 * `STREAMLY_E2E_FIREFOX` names the program. Playwright's newest releases ask Firefox for more than the extended support release understands.
 */
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { after, describe, it } from "node:test";
import { firefox } from "playwright-core";
import { call, join } from "./api.mjs";
import { site, line as wayThere } from "./elsewhere.mjs";
import {
  assertMoves,
  attribute,
  BASE,
  createKey,
  freshName,
  fromBar,
  onBar,
  person,
  picture,
  publish,
  registerPerson,
  skip,
  stage,
  until,
  untilStands,
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
  const other = freshName("fern");
  let [owner, viewer, browser, elsewhere, network] = [];
  stage(["--autoplay-policy=no-user-gesture-required"], async (stage) => {
    [elsewhere, network] = [await site(), await wayThere()];
    browser = await firefox.launch({
      executablePath: program,
      channel: "moz-firefox",
      // As with a permission that a viewer gave: sound at once.
      firefoxUserPrefs: { "media.autoplay.default": 0 },
    });
    [owner, viewer] = [await person(stage.browser), typing(await person(browser, asItIs))];
    await registerPerson(owner, name);
    await join(other);
    stage.publisher = publish(await createKey(owner));
    await untilState(owner, "dashboard-state", "live", 30_000);
    // Without a picture: the engine that is tried shares the machine with the encoders.
    await enter(owner, `/popout/${name}/chat`);
  });
  after(async () => {
    await browser?.close();
    await elsewhere?.close();
    await network?.cut();
  });

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

  it("shows the quality that is chosen, and the source again", async () => {
    for (const [rung, lines] of [
      ["360p", 360],
      ["source", 480],
    ]) {
      await fromBar(viewer, "quality-menu");
      await viewer.at(`quality-${rung}`).click();
      await until(`${lines} lines`, async () => (await picture(viewer)).height === lines);
      await assertMoves(viewer);
    }
  });

  it("goes back on the time bar, and is live again", async () => {
    const { page, at } = viewer;
    const behind = async () => Number(await attribute(viewer, "player-live", "data-behind"));
    const depth = async () => Number(await attribute(viewer, "player-seek", "data-depth"));
    await until("there is enough to go back to", async () => (await depth()) > 20);
    await onBar(viewer, "player-seek");
    const bar = await at("player-seek").boundingBox();
    await page.mouse.click(bar.x + bar.width / 2, bar.y + bar.height / 2);
    await until("it is further back", async () => (await behind()) > 5);
    await assertMoves(viewer);
    assert.ok((await behind()) > 5, "and stays there");
    await fromBar(viewer, "player-live");
    await until("it is live", async () => (await behind()) === 0);
    await assertMoves(viewer);
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

  it("takes one away itself, as a moderator", async () => {
    await call(name, "PUT", `/api/streams/me/members/${fox}`, { role: "moderator" });
    await viewer.at("chat-shield").waitFor();
    await call(other, "POST", `/api/chat/rooms/${name}/messages`, { text: "not for long" });
    await assertSeen("not for long", owner, viewer);
    await press(viewer, "not for long", "line-delete");
    for (const who of [owner, viewer])
      await until("it is gone", async () => (await line(who, "not for long").count()) === 0);
  });

  it("goes on by itself after the link was cut for a while", async () => {
    const { page } = viewer;
    await page.goto(`${network.origin}/${name}`);
    await assertMoves(viewer);
    await page.evaluate(() => {
      window.sameDocument = true;
    });
    await network.cut();
    await untilStands(viewer);
    await network.mend();
    await assertMoves(viewer);
    assert.ok(await page.evaluate(() => window.sameDocument), "it was not loaded again");
  });

  it("plays in a frame of another site, without sound", async () => {
    const { page } = viewer;
    await page.goto(elsewhere.framing(`${BASE}/embed/${name}`));
    const frame = await until("the frame", () => page.frames().find((one) => one.url().includes("/embed/")));
    const framed = { page: frame, at: (id) => frame.getByTestId(id) };
    await assertMoves(framed);
    assert.ok(await framed.at("player-video").evaluate((video) => video.muted), "it began without sound");
  });

  it("goes on after a reload, and nothing went wrong on the way", async () => {
    await viewer.page.goto(`${BASE}/${name}`);
    await assertMoves(viewer);
    await viewer.page.reload();
    await assertMoves(viewer);
    await untilConnected(viewer);
    // Firefox says this of what a service worker still fetched for the page that was left.
    const ofThePageBefore = /A ServiceWorker intercepted the request/;
    const others = [network, elsewhere].map((one) => new URL(one.origin).host);
    const meant = (failure) => ofThePageBefore.test(failure) || others.some((host) => failure.includes(host));
    assert.deepEqual(
      viewer.failures.filter((failure) => !meant(failure)),
      [],
    );
  });
});
