/**
 * What happens to who watches for long: the network is out for half a minute, the access token ends, the broadcaster comes back with another
 * size of picture. Nothing is missed, nothing asks to sign in again, nothing is loaded anew.
 */
import assert from "node:assert/strict";
import { after, describe, it } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { Cable } from "./cable.mjs";
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
import { assertSeen, enter, line, say, untilConnected } from "./room.mjs";

/** The cut that is promised to heal, milliseconds. */
const OUT_MS = 30_000;

describe("watching for long", { skip }, () => {
  const name = freshName("long");
  let [owner, viewer, visitor, cable, place] = [];
  const scene = stage(["--autoplay-policy=no-user-gesture-required"], async (made) => {
    [owner, viewer, visitor] = await Promise.all(
      // What a service worker asks for no test can answer.
      [1, 2, 3].map(() => person(made.browser, { locale: "en-US", serviceWorkers: "block" })),
    );
    await registerPerson(owner, name);
    await registerPerson(viewer, freshName("long"));
    place = await createKey(owner);
    made.publisher = publish(place, SMALL);
    await untilState(owner, "dashboard-state", "live", 30_000);
    await enter(owner, `/${name}`);
    await enter(viewer, `/${name}`);
    const { hostname, port } = new URL(BASE);
    cable = new Cable({ host: hostname === "localhost" ? "127.0.0.1" : hostname, port: Number(port) });
    const address = await cable.start();
    await visitor.page.goto(`http://${address}/popout/${name}/chat`);
    await untilConnected(visitor);
  });
  after(() => cable?.close());
  const mark = ({ page }) =>
    page.evaluate(() => {
      window.sameDocument = true;
    });
  const isSameDocument = ({ page }) => page.evaluate(() => window.sameDocument === true);

  it("a chat whose network is out for half a minute says so, and has every line once when it is back", async () => {
    await mark(visitor);
    await say(owner, "before it is out");
    await assertSeen("before it is out", visitor);
    cable.pull();
    await until("it says that it reconnects", () =>
      visitor.at("chat-status").getByText("Reconnecting").isVisible(),
    );
    for (const n of [1, 2, 3]) {
      await say(owner, `while it is out, ${n}`);
      await assertSeen(`while it is out, ${n}`, owner);
    }
    await sleep(OUT_MS);
    assert.equal(await line(visitor, "while it is out").count(), 0, "nothing came through");
    cable.putIn();
    await untilConnected(visitor);
    await say(owner, "after it is in");
    await assertSeen("after it is in", visitor);
    await assertSeen("before it is out", visitor);
    for (const n of [1, 2, 3]) await assertSeen(`while it is out, ${n}`, visitor);
    assert.ok(await isSameDocument(visitor));
  });

  it("an access token that ends is renewed without a word, and what was meant is done", async () => {
    const { page, at } = viewer;
    await mark(viewer);
    let ended = null;
    const refused = [];
    await page.route("**/api/**", async (route) => {
      const bearer = route.request().headers().authorization;
      // The one that is in use now has ended; what the app gets instead is good.
      if (bearer) ended ??= bearer;
      if (!bearer || bearer !== ended) return route.continue();
      refused.push(route.request().url());
      await route.fulfill({
        status: 401,
        contentType: "application/problem+json",
        body: JSON.stringify({
          type: "about:blank#unauthenticated",
          status: 401,
          code: "unauthenticated",
          title: "No.",
        }),
      });
    });
    const renewed = page.waitForResponse((r) => r.url().endsWith("/api/auth/refresh") && r.status() === 200);
    await at("follow").click();
    await renewed;
    await until(
      "the channel is followed",
      async () => (await at("follow").getAttribute("aria-pressed")) === "true",
    );
    assert.ok(refused.length > 0);
    await page.unroute("**/api/**");
    await say(viewer, "still here");
    await assertSeen("still here", owner, viewer);
    await assertMoves(viewer);
    assert.ok(await isSameDocument(viewer));
    assert.equal(await at("player-video").count(), 1);
  });

  it("a broadcaster who comes back with a larger picture is seen in that size", async () => {
    assert.equal((await picture(viewer)).height, 360);
    await mark(viewer);
    await scene.publisher.stop("SIGKILL");
    scene.publisher = publish(place);
    await until("the larger picture", async () => (await picture(viewer)).height === 480, 60_000);
    await assertMoves(viewer);
    assert.ok(await isSameDocument(viewer));
  });

  it("no page broke", () => assert.deepEqual([...owner.failures, ...viewer.failures], []));
});
