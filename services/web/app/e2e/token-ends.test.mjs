/**
 * Tokens that end while one watches a channel with a password: the access token of somebody who chats, and the playback token of somebody without
 * an account. Each is followed by the next one in time; nobody sees anything of it, and nothing is loaded anew.
 */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  assertMoves,
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
import { DATA } from "./mail.mjs";
import { assertHardlyStood, watchMotion } from "./motion.mjs";
import { assertSeen, enter, say } from "./room.mjs";
import { claimsOf, endingIn } from "./short-token.mjs";

const PASSWORD = "open sesame";
/** Life of the access token: chat tells of its end a minute before (`limits.expiry_warning`). */
const ACCESS_S = 75;
/** Ended tokens are taken for 5 s more, for clocks that differ; and then some. */
const GRACE_MS = 10_000;
/** Between two lines of the chat, of which a page shows the last 80. */
const PACE_MS = 2_000;
/** Less than what the first remedy waits for, ms. */
const STAND_MS = 2_000;
/** From the first request that fails to a list that is asked for anew. */
const REMEDY_MS = 40_000;

/** Runs in the page: from now on `window.statuses` are those that the chat was in. */
function noteStatuses() {
  const shown = document.querySelector("[data-testid=chat-status]");
  window.statuses = [];
  window.statusShown = shown;
  new MutationObserver(() => window.statuses.push(shown.dataset.status)).observe(shown, {
    attributeFilter: ["data-status"],
  });
}

describe("tokens that end while one watches", { skip }, () => {
  const name = freshName("tess");
  let [owner, fan, stranger] = [];
  /** What the stranger was given, and what went wrong on the way to the picture. */
  const granted = [];
  const turnedAway = [];
  /** Multivariant playlists that each asked for: one, unless the picture is opened anew. */
  const opened = { fan: [], stranger: [] };
  const isOpening = (url) => url.pathname === `/live/${name}/index.m3u8`;
  const scene = stage(["--autoplay-policy=no-user-gesture-required"], async ({ browser }) => {
    // What a service worker asks for no test can answer.
    [owner, fan, stranger] = await Promise.all(
      [1, 2, 3].map(() => person(browser, { locale: "en-US", serviceWorkers: "block" })),
    );
    await registerPerson(owner, name);
    scene.publisher = publish(await createKey(owner), SMALL);
    await untilState(owner, "dashboard-state", "live", 30_000);
    await owner.at("visibility-password").check();
    await owner.at("channel-password").fill(PASSWORD);
    await owner.at("visibility-save").click();
    await until("it is saved", async () => /Saved/.test(await owner.at("visibility-save").innerText()));
    // Without a picture, which would only take the machine's time.
    await enter(owner, `/popout/${name}/chat`);
    await registerPerson(fan, freshName("fan"));
    await comeIn(fan);
    stranger.page.on("response", (answer) => void heard(answer));
    await comeIn(stranger);
    for (const [who, there] of Object.entries({ fan, stranger }))
      there.page.on("request", (request) => {
        const url = new URL(request.url());
        if (isOpening(url)) opened[who].push(url);
      });
    await watchMotion(stranger);
  });

  async function comeIn(who) {
    await who.page.goto(`${BASE}/${name}`);
    await who.at("gate-password").fill(PASSWORD);
    await who.at("gate-enter").click();
    await assertMoves(who);
  }

  async function heard(answer) {
    const { pathname } = new URL(answer.url());
    if (pathname.startsWith("/live/") && [401, 403].includes(answer.status())) turnedAway.push(pathname);
    if (pathname !== `/api/streams/${name}/playback-token` || !answer.ok()) return;
    // A page that goes takes its answers with it.
    const grant = await answer.json().catch(() => null);
    if (grant) granted.push(grant);
  }

  const without = DATA ? false : "STREAMLY_E2E_DATA is not set";
  it("an access token is followed by the next one on the same socket: no line is lost, none comes twice, and nothing is seen of it", {
    skip: without,
  }, async () => {
    const { page, at } = fan;
    let ends = 0;
    let sockets = 0;
    const [got, sent] = [[], []];
    page.on("websocket", (socket) => {
      if (new URL(socket.url()).pathname !== "/ws") return;
      sockets++;
      socket.on("framereceived", ({ payload }) => got.push(JSON.parse(payload)));
      socket.on("framesent", ({ payload }) => sent.push(JSON.parse(payload)));
    });
    await page.route(
      "**/api/auth/refresh",
      async (route) => {
        const given = await route.fetch();
        const session = await given.json();
        const token = await endingIn(session.access_token, ACCESS_S);
        ends = claimsOf(token).exp * 1_000;
        // The page is told nothing of it: it is chat that says so.
        await route.fulfill({ response: given, json: { ...session, access_token: token } });
      },
      { times: 1 },
    );
    // With an account the password was shown once and for all.
    await enter(fan, `/${name}`);
    await assertMoves(fan);
    await watchMotion(fan);
    await page.evaluate(noteStatuses);
    const before = { sockets, opened: opened.fan.length };
    assert.ok(before.sockets > 0, "its socket is looked at");

    let count = 0;
    let last = 0;
    /** Both say something now and then until `check`. */
    const talkUntil = (what, check, ms) =>
      until(
        what,
        async () => {
          if (Date.now() - last >= PACE_MS) {
            last = Date.now();
            const text = `said ${++count};`;
            await say(count % 2 ? owner : fan, text);
            await assertSeen(text, owner, fan);
          }
          return check();
        },
        ms,
      );
    const state = (wanted) => got.some(({ type, state }) => type === "auth" && state === wanted);
    await talkUntil("chat says that the token ends", () => got.some(({ type }) => type === "auth_expiring"));
    await talkUntil("the next one was shown", () => sent.some(({ type }) => type === "auth"));
    await talkUntil("and taken", () => state("ok"));
    const rest = Math.max(0, ends + GRACE_MS - Date.now());
    await talkUntil("the first one has ended", () => Date.now() > ends + GRACE_MS, rest + 5_000);
    await say(fan, `said ${++count};`);
    await assertSeen(`said ${count};`, owner, fan);

    assert.equal(state("read_only"), false);
    assert.equal(sockets, before.sockets, "it is the same socket");
    const seen = await page.evaluate(() => ({
      statuses: window.statuses,
      isShown: window.statusShown.isConnected,
    }));
    assert.deepEqual(seen, { statuses: [], isShown: true }, "nothing is seen of it");
    const all = Array.from({ length: count }, (_, n) => n + 1);
    for (const who of [owner, fan]) {
      const lines = (await who.at("chat-message").allInnerTexts()).join("\n");
      const numbers = [...lines.matchAll(/said (\d+);/g)].map(([, number]) => Number(number));
      assert.deepEqual(numbers, all, "every line once, and in its place");
    }
    assert.equal(await at("chat-pending").count(), 0);
    await assertHardlyStood(fan, STAND_MS, "an access token that ends");
    assert.equal(opened.fan.length, before.opened, "the picture was not opened anew");
  });

  it("a playback token is followed by the next one, and the picture goes on", async () => {
    const [first] = granted;
    const ends = claimsOf(first.token).exp * 1_000;
    const rest = Math.max(0, ends + GRACE_MS - Date.now());
    await until("the first one has ended", () => Date.now() > ends + GRACE_MS, rest + 5_000);
    await assertMoves(stranger);
    assert.ok(granted.length > 1, "the page has the next one");
    assert.ok(granted.at(-1).token !== first.token && claimsOf(granted.at(-1).token).exp * 1_000 > ends);
    assert.deepEqual(turnedAway, []);
    assert.equal(await stranger.at("gate").count(), 0);
    await assertHardlyStood(stranger, STAND_MS, "a playback token that ends");
    assert.deepEqual(opened.stranger, [], "it was not opened anew");
  });

  it("what is loaded anew afterwards is asked for by the newest one", async () => {
    const { page } = stranger;
    const isLive = (url) => url.pathname.startsWith("/live/");
    await page.route(isLive, (route) => route.abort().catch(() => {}));
    const asked = await until("the list is asked for anew", () => opened.stranger[0], REMEDY_MS);
    await page.unroute(isLive);
    const token = asked.searchParams.get("token");
    assert.notEqual(token, granted[0].token);
    assert.ok(claimsOf(token).exp * 1_000 > Date.now(), "it is good still");
    await assertMoves(stranger);
    assert.deepEqual(turnedAway, []);
    assert.deepEqual([...owner.failures, ...fan.failures, ...stranger.failures], []);
  });
});
