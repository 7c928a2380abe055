/** Channels that are not for everybody, with two people: what stands in the way is said, what opens it is in the page, and a change cuts off. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { assertClean } from "./axe.mjs";
import {
  assertMoves,
  assertSoon,
  attribute,
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
import { focused } from "./room.mjs";

describe("a channel that is not for everybody", { skip }, () => {
  const name = freshName("ines");
  let owner;
  let viewer;
  const scene = stage(["--autoplay-policy=no-user-gesture-required"], async ({ browser }) => {
    owner = await person(browser);
    viewer = await person(browser);
    await registerPerson(owner, name);
    await registerPerson(viewer, freshName("noah"));
    scene.publisher = publish(await createKey(owner), SMALL);
    await untilState(owner, "dashboard-state", "live", 30_000);
  });
  const choose = async (kind, password) => {
    await owner.at(`visibility-${kind}`).check();
    if (password) await owner.at("channel-password").fill(password);
    await owner.at("visibility-save").click();
    await until(`${kind} is saved`, async () => /Saved/.test(await owner.at("visibility-save").innerText()));
  };
  const gate = (kind) =>
    until(
      `the gate says ${kind}`,
      async () =>
        (await viewer.at("gate").count()) === 1 && (await attribute(viewer, "gate", "data-kind")) === kind,
    );

  it("everybody watches a public one", async () => {
    await viewer.page.goto(`${BASE}/${name}`);
    await assertMoves(viewer);
  });

  it("for followers: who watched is cut off within seconds, and goes on as a follower", async () => {
    const since = Date.now();
    await choose("followers");
    await gate("followers");
    await assertSoon(since, 10_000, "the viewer was cut off");
    assert.match(await viewer.at("gate").innerText(), /For followers/);
    assert.equal(await viewer.at("chat").count(), 0);
    await assertClean(viewer.page, "the gate for followers");
    await viewer.at("gate").getByTestId("follow").click();
    await assertMoves(viewer);
    await viewer.at("chat").waitFor();
    assert.equal(await attribute(viewer, "player-state", "data-state"), "live");
  });

  it("the broadcaster's own picture goes on", () => assertMoves(owner));

  it("with a password: a wrong one is said so, the right one opens", async () => {
    await choose("password", "open sesame");
    await gate("password");
    await viewer.at("gate-password").fill("open barley");
    await viewer.at("gate-enter").click();
    await viewer.page.getByText("That is not the password.").waitFor();
    await assertClean(viewer.page, "the gate with a wrong password");
    await viewer.at("gate-password").fill("open sesame");
    await viewer.page.keyboard.press("Enter");
    await assertMoves(viewer);
    assert.equal(await focused(viewer), "MAIN", "the focus is not lost with the form");
    // Proved for good, with an account.
    await viewer.page.reload();
    await assertMoves(viewer);
  });

  it("private: offline to who has no link, live by the link, and an ended link is told so", async () => {
    await choose("private");
    await gate("private");
    await owner.at("make-watch-link").click();
    const link = await owner.at("watch-link").getAttribute("data-value");
    const stranger = await person(scene.browser);
    await stranger.page.goto(
      new URL(link).pathname === `/${name}` ? `${BASE}/${name}${new URL(link).hash}` : link,
    );
    await assertMoves(stranger);
    assert.ok(!stranger.page.url().includes("wl_"), "the secret is not in the address bar");
    await owner.at("end-watch-link").click();
    await until("cut off", async () => (await stranger.at("gate").count()) === 1, 15_000);
    assert.match(await stranger.at("gate").innerText(), /This link has ended/);
    assert.deepEqual(stranger.failures, []);
    await stranger.context.close();
  });

  it("unlisted: everybody with the address, and no list", async () => {
    await choose("unlisted");
    await viewer.page.goto(`${BASE}/${name}`);
    await assertMoves(viewer);
    await viewer.page.goto(BASE);
    assert.equal(await viewer.page.locator(`a[href="/${name}"]`).count(), 0);
  });

  it("a key has an end, and its last use is told", async () => {
    const row = owner.at("key-row").first();
    assert.match(await row.innerText(), /Last used .* from /);
    await row.getByTestId("end-key").click();
    await row.getByTestId("key-end-input").fill("2099-01-01T10:00");
    await row.getByTestId("confirm-end-key").click();
    await row.getByTestId("key-end").waitFor();
    assert.match(await row.innerText(), /2099/);
    await assertClean(owner.page, "a key with an end");
  });

  it("no page broke", () => {
    assert.deepEqual(owner.failures, []);
    assert.deepEqual(viewer.failures, []);
  });
});
