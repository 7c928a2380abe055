/** How viewers fare is told to the broadcaster: who watches without a break, and whose link carries too little. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { assertClean } from "./axe.mjs";
import {
  assertMoves,
  attribute,
  BASE,
  createKey,
  freshName,
  person,
  publish,
  registerPerson,
  skip,
  stage,
  until,
  untilStands,
  untilState,
} from "./harness.mjs";
import { shoot } from "./looks.mjs";

/** Bytes a second that carry a tenth of the test's picture. */
const NARROW = 30_000;
/** Sentences that say that viewers wait, by the cause. */
const WAITING = ["single", "lowest", "links", "upload", "server"];

describe("how viewers fare", { skip }, () => {
  let [owner, viewer] = [];
  const name = freshName("rosa");
  const scene = stage(["--autoplay-policy=no-user-gesture-required"], async ({ browser }) => {
    [owner, viewer] = await Promise.all([person(browser), person(browser)]);
    await registerPerson(owner, name);
  });
  const verdict = () => attribute(owner, "fares-verdict", "data-code");
  /** What the dashboard says at one moment: the sentence's code, and percents of waiting. */
  const told = () =>
    owner.page.evaluate(() => {
      const at = (id) => document.querySelector(`[data-testid=${id}]`);
      const waiting = at("fares-waiting")?.textContent.replace("%", "");
      return { code: at("fares-verdict")?.dataset.code, waiting: waiting ? Number(waiting) : null };
    });
  /** Sees by itself how the viewer fares, by other means than the player: percents in which the picture stood for a quarter second or more. */
  const watch = () =>
    viewer.page.evaluate(() => {
      const video = document.querySelector("[data-testid=player-video]");
      const seen = { moved: 0, stood: 0, pending: 0, position: video.currentTime, at: performance.now() };
      window.seen = seen;
      setInterval(() => {
        const now = performance.now();
        seen.pending += now - seen.at;
        if (video.currentTime !== seen.position) {
          seen[seen.pending < 250 ? "moved" : "stood"] += seen.pending;
          seen.pending = 0;
        }
        seen.position = video.currentTime;
        seen.at = now;
      }, 20);
    });
  const stood = () =>
    viewer.page.evaluate(() => {
      const { moved, stood, pending } = window.seen;
      const still = stood + (pending < 250 ? 0 : pending);
      return (100 * still) / (moved + still);
    });
  /** The bodies of the viewer's beacons. */
  const beacons = [];
  /** Seconds of viewers that the dashboard has been told of. */
  let answered = 0;

  it("nobody watches, and the page says so", async () => {
    scene.publisher = publish(await createKey(owner));
    await untilState(owner, "dashboard-state", "live", 30_000);
    await until("nobody watches", async () => (await verdict()) === "nobody", 30_000);
    assert.equal(await owner.at("fares-figures").count(), 0);
    // Charts begin with the first pushes, that of the encoders with the first rung; the preview is the owner's own and tells nothing.
    for (const key of ["bitrate", "fps", "drops", "lag", "viewers"]) await owner.at(`chart-${key}`).waitFor();
    await shoot(owner, "fares-nobody", owner.at("fares"));
  });

  it("a viewer who watches without a break is told of as such", async () => {
    owner.page.on("response", async (answer) => {
      if (!answer.url().endsWith("/api/streams/me/qoe")) return;
      const { whole } = await answer.json();
      answered = whole ? whole.watched_s + whole.stalled_s : 0;
    });
    viewer.page.on("request", (request) => {
      if (request.url().includes("/beacon?")) beacons.push(JSON.parse(request.postData() ?? "{}"));
    });
    await viewer.page.goto(`${BASE}/${name}`);
    await assertMoves(viewer, 1);
    await watch();
    await assertMoves(viewer, 30);
    await until("a beacon with a start went out", () => beacons.some(({ start_ms }) => start_ms > 0));
    const watched = beacons.reduce((sum, { watched_ms = 0 }) => sum + watched_ms, 0);
    assert.ok(watched > 10_000 && watched < 45_000, `${watched} ms of some 32 s`);
    assert.ok(
      beacons.some(({ height, decoded }) => height > 0 && decoded > 0),
      JSON.stringify(beacons),
    );
    await until("most of it is told", () => answered >= 20, 90_000);
    await until("and shown", async () => (await told()).waiting !== null);
    // A machine that is busy may make even this viewer wait: then it has to be told as well.
    const [{ code, waiting }, seen] = [await told(), await stood()];
    assert.ok(Math.abs(waiting - seen) < 15, `${waiting} % told, ${seen} % seen`);
    if (waiting < 0.4) assert.equal(code, "well");
    else if (waiting > 0.6 && waiting < 1.9) assert.equal(code, "seldom");
    else if (waiting > 2.1) assert.ok(WAITING.includes(code), code);
    const figure = (key) => owner.at(`fares-${key}`).innerText();
    assert.match(await figure("start"), /^\d+(\.\d)? s/);
    assert.match(await figure("behind"), /^\d+(\.\d)? s/);
    assert.match(await figure("rungs"), /^\d+p/);
    assert.match(
      await owner.at("chart-waiting").getByRole("img").getAttribute("aria-label"),
      /Waiting viewers\. Between/,
    );
    await assertClean(owner.page, "how viewers fare");
    await owner.at("fares-table").locator("summary").click();
    assert.ok((await owner.at("fares-line").count()) >= 1);
    await shoot(owner, "fares-well", owner.at("fares"));
  });

  it("a viewer whose link carries too little shows as waiting", async () => {
    const cdp = await viewer.context.newCDPSession(viewer.page);
    await cdp.send("Network.enable");
    const link = (bytes) =>
      cdp.send("Network.emulateNetworkConditions", {
        offline: false,
        latency: 20,
        downloadThroughput: bytes,
        uploadThroughput: -1,
      });
    const before = Math.max(2, (await told()).waiting ?? 0);
    await link(NARROW);
    await untilStands(viewer);
    await until(
      "the viewer waits",
      async () => {
        const { code, waiting } = await told();
        return WAITING.includes(code) && waiting > before;
      },
      90_000,
    );
    assert.match(await owner.at("fares-verdict").innerText(), /your viewers waited often/);
    await shoot(owner, "fares-waiting", owner.at("fares"));
    await link(-1);
    await assertMoves(viewer);
  });

  it("is nobody else's, and nothing went wrong on the pages", async () => {
    assert.equal((await viewer.page.request.get(`${BASE}/api/streams/me/qoe`)).status(), 401);
    for (const who of [owner, viewer]) assert.deepEqual(who.failures, []);
  });
});
