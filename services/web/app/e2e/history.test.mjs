/** A broadcast that is over: its owner sees who watched and what was said, others that it was. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { assertClean } from "./axe.mjs";
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
import { shoot } from "./looks.mjs";
import { assertSeen, enter, say } from "./room.mjs";

const SAID = ["first words", "second words", "third words"];

describe("a past broadcast", { skip }, () => {
  let [owner, viewer, visitor] = [];
  const name = freshName("hedy");
  const scene = stage(["--autoplay-policy=no-user-gesture-required"], async ({ browser }) => {
    [owner, viewer, visitor] = await Promise.all(Array.from({ length: 3 }, () => person(browser)));
    await registerPerson(owner, name);
    await registerPerson(viewer, freshName("ivan"));
  });

  it("there is none before the first one", async () => {
    await owner.at("past-broadcasts").click();
    await owner.page.waitForURL(`${BASE}/dashboard/broadcasts`);
    await owner.at("past-empty").waitFor();
    await assertClean(owner.page, "no past broadcasts");
    await shoot(owner, "past-empty");
    await visitor.page.goto(`${BASE}/${name}`);
    await visitor.at("stream-title").waitFor();
    assert.equal(await visitor.at("channel-past").count(), 0);
  });

  it("goes on the air, is watched and talked about, and ends", async () => {
    await owner.page.goto(`${BASE}/dashboard`);
    scene.publisher = publish(await createKey(owner), SMALL);
    await untilState(owner, "dashboard-state", "live", 30_000);
    await enter(viewer, `/${name}`);
    await assertMoves(viewer);
    for (const words of SAID) await say(viewer, words);
    await assertSeen(SAID[2], viewer);
    await until("somebody watches", async () => {
      const stream = await (await viewer.page.request.get(`${BASE}/api/streams/${name}`)).json();
      return stream.live?.viewers >= 1;
    });
    await assertMoves(viewer);
    await scene.publisher.stop();
    await untilState(owner, "dashboard-state", "offline", 30_000);
  });

  it("is in its owner's list with the right figures", async () => {
    await owner.page.goto(`${BASE}/dashboard/broadcasts`);
    const row = owner.at("past-row");
    await until(
      "the figures are whole",
      async () => (await row.getAttribute("data-complete")) === "true",
      60_000,
    );
    const figure = (key) => owner.at(`past-${key}`).innerText();
    assert.equal(await figure("messages"), String(SAID.length));
    // The viewer, and the visitor's page, which began to play by itself.
    assert.match(await figure("peak"), /^[12]$/);
    assert.match(await figure("unique"), /^[1-4]$/);
    assert.ok(Number(await figure("average")) > 0);
    assert.match(await figure("duration"), /^\d+ s$|^[12] min$/);
    await assertClean(owner.page, "past broadcasts");
    await shoot(owner, "past-list");
  });

  it("has a page with its course as charts, as a table and as a file", async () => {
    await owner.at("past-link").click();
    await owner.at("course-figures").waitFor();
    assert.equal(await owner.at("course-messages").innerText(), String(SAID.length));
    for (const key of ["viewers", "chat", "bitrate", "fps", "drops", "jitter"]) {
      const chart = owner.at(`chart-${key}`).getByRole("img");
      assert.match(await chart.getAttribute("aria-label"), /Between|Nothing is known/, key);
    }
    for (const [key, unit] of [
      ["bitrate", /[km]bit\/s/i],
      ["fps", /fps/],
      ["jitter", /ms/],
    ]) {
      assert.match(
        await owner.at(`chart-${key}`).locator("figcaption").innerText(),
        unit,
        `${key}, its head`,
      );
      const ticks = await owner.at(`chart-${key}`).locator("g text").allTextContents();
      for (const tick of ticks) assert.match(tick, unit, `${key}, its axis`);
    }
    const { zero, past } = await owner.at("chart-chat").evaluate((chart) => {
      const end = (element) => element.getBoundingClientRect().right;
      const axis = end(chart.querySelector("g line"));
      return {
        zero: chart.querySelector("[data-zero]").getAttribute("d"),
        past: [...chart.querySelectorAll("rect")].filter((bar) => end(bar) > axis + 0.5).length,
      };
    });
    assert.match(zero, /^M/, "nothing is a line");
    assert.equal(past, 0, "bars past the axis");
    await owner.at("course-table").locator("summary").click();
    const lines = await owner.at("course-line").count();
    assert.ok(lines >= 1 && lines <= 3, `${lines} lines`);
    const [file] = await Promise.all([owner.page.waitForEvent("download"), owner.at("course-csv").click()]);
    assert.match(file.suggestedFilename(), /^broadcast-\d{4}-\d\d-\d\d\.csv$/);
    await assertClean(owner.page, "the course of a broadcast");
    await shoot(owner, "course");
  });

  it("is on the channel's page, until its owner hides it", async () => {
    await visitor.page.goto(`${BASE}/${name}`);
    await visitor.at("past-card").waitFor();
    await assertClean(visitor.page, "an offline channel with past broadcasts");
    await shoot(visitor, "channel-past");
    await owner.at("all-broadcasts").click();
    const hide = owner.at("show-broadcasts");
    assert.equal(await hide.getAttribute("aria-checked"), "true");
    await hide.click();
    await until("it is hidden", async () => {
      const list = await (await visitor.page.request.get(`${BASE}/api/streams/${name}/broadcasts`)).json();
      return list.items.length === 0;
    });
    const asked = visitor.page.waitForResponse((answer) => answer.url().includes(`${name}/broadcasts`));
    await visitor.page.reload();
    await asked;
    assert.equal(await visitor.at("channel-past").count(), 0);
    await owner.page.reload();
    await until("it stays hidden", async () => (await hide.getAttribute("aria-checked")) === "false");
  });

  it("nobody else sees its figures", async () => {
    const list = await (await owner.page.request.get(`${BASE}/api/streams/${name}/broadcasts`)).json();
    assert.deepEqual(list.items, []);
    for (const path of ["me/broadcasts", "me/broadcasts/0193a5f0-0000-7000-8000-000000000001"]) {
      assert.equal((await visitor.page.request.get(`${BASE}/api/streams/${path}`)).status(), 401);
    }
    for (const who of [owner, viewer, visitor]) assert.deepEqual(who.failures, []);
  });
});
