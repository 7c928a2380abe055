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
    // All of the row leads there, with one link in it.
    assert.equal(await owner.at("past-row").getByRole("link").count(), 1);
    await owner.at("past-row").click({ position: { x: 8, y: 8 } });
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
      assert.ok(ticks.length > 1, `${key} has an axis`);
      for (const tick of ticks) assert.doesNotMatch(tick, unit, `${key}: the head says it once for the axis`);
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

  it("has times below its charts in even steps that never touch, however narrow and long", async () => {
    const path = "**/api/streams/me/broadcasts/*";
    let hours = 0;
    await owner.page.route(path, async (route) => {
      const answer = await route.fetch();
      const course = await answer.json();
      const from = Date.parse(course.started_at);
      const points = Array.from({ length: 121 }, (_, n) => ({
        ...course.points[0],
        at: new Date(from + n * hours * 30_000).toISOString(),
      }));
      await route.fulfill({ response: answer, json: { ...course, point_s: hours * 30, points } });
    });
    for (hours of [0.4, 3, 11, 40]) {
      await owner.page.reload();
      for (const width of [320, 390, 768, 1280, 1440]) {
        await owner.page.setViewportSize({ width, height: 844 });
        const what = `${hours} h at ${width} px`;
        const times = () =>
          owner.at("chart-viewers").evaluate((chart) => {
            const picture = chart.querySelector("svg");
            // It is drawn once its place has a width.
            if (!picture) return { left: Number.NaN };
            const box = picture.getBoundingClientRect();
            return {
              left: picture.parentElement.clientWidth - box.width,
              room: [box.left, box.right],
              of: [...chart.querySelectorAll("[data-time]")].map((time) => {
                const { left, right } = time.getBoundingClientRect();
                return { left, right };
              }),
            };
          });
        await until(`${what}: the chart has its width`, async () => Math.abs((await times()).left) < 1);
        const { room, of } = await times();
        // A day and a time beside another is more than the narrowest has room for.
        const least = hours > 24 && width < 390 ? 1 : 2;
        assert.ok(of.length >= least, `${what}: ${of.length} times`);
        assert.ok(of[0].left >= room[0] && of.at(-1).right <= room[1] + 1, `${what}: all are whole`);
        const steps = of.slice(1).map((time, n) => {
          assert.ok(time.left - of[n].right >= 6, `${what}: ${time.left - of[n].right} px between two`);
          return (time.left + time.right - of[n].left - of[n].right) / 2;
        });
        assert.ok(Math.max(...steps) - Math.min(...steps) < 1.5, `${what}: steps of ${steps} px`);
      }
    }
    await owner.page.unroute(path);
    await owner.page.setViewportSize({ width: 1440, height: 900 });
    await owner.page.reload();
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
