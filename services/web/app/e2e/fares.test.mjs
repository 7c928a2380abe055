/** How viewers fare is told to the broadcaster: who watches without a break, and whose link carries too little. */
import assert from "node:assert/strict";
import { mkdir } from "node:fs/promises";
import { describe, it } from "node:test";
import { assertClean } from "./axe.mjs";
import {
  assertMoves,
  attribute,
  BASE,
  createKey,
  freshName,
  person,
  picture,
  publish,
  registerPerson,
  skip,
  stage,
  until,
  untilState,
} from "./harness.mjs";

const SHOTS = process.env.STREAMLY_E2E_SHOTS;
/** Bytes a second that carry a tenth of the test's picture. */
const NARROW = 30_000;

describe("how viewers fare", { skip }, () => {
  let [owner, viewer] = [];
  const name = freshName("rosa");
  const scene = stage(["--autoplay-policy=no-user-gesture-required"], async ({ browser }) => {
    [owner, viewer] = await Promise.all([person(browser), person(browser)]);
    await registerPerson(owner, name);
  });
  const verdict = () => attribute(owner, "fares-verdict", "data-code");
  /** Percents in a figure, in English. */
  const percent = async (id) => Number((await owner.at(id).innerText()).replace("%", ""));
  /** Every answer of a beacon, and its body. */
  const beacons = [];

  const shoot = async (what) => {
    if (!SHOTS) return;
    await mkdir(SHOTS, { recursive: true });
    for (const colorScheme of ["dark", "light"]) {
      for (const [width, height] of [
        [1440, 900],
        [390, 844],
      ]) {
        await owner.page.emulateMedia({ colorScheme });
        await owner.page.setViewportSize({ width, height });
        await owner.page.waitForTimeout(500);
        await owner.at("fares").screenshot({ path: `${SHOTS}/${what}-${colorScheme}-${width}.png` });
      }
    }
    await owner.page.emulateMedia({ colorScheme: null });
    await owner.page.setViewportSize({ width: 1440, height: 900 });
  };

  it("nobody watches, and the page says so", async () => {
    scene.publisher = publish(await createKey(owner));
    await untilState(owner, "dashboard-state", "live", 30_000);
    await until("nobody watches", async () => (await verdict()) === "nobody", 30_000);
    assert.equal(await owner.at("fares-figures").count(), 0);
    // Charts begin with the first pushes; the preview is the owner's own and tells nothing.
    for (const key of ["bitrate", "fps", "drops", "viewers"]) await owner.at(`chart-${key}`).waitFor();
    await shoot("fares-nobody");
  });

  it("a viewer who watches without a break is told of as such", async () => {
    viewer.page.on("request", (request) => {
      if (request.url().includes("/beacon?")) beacons.push(JSON.parse(request.postData() ?? "{}"));
    });
    await viewer.page.goto(`${BASE}/${name}`);
    await assertMoves(viewer, 30);
    await until("a beacon with a start went out", () => beacons.some((told) => told.start_ms > 0));
    const told = beacons.reduce((sum, { watched_ms = 0 }) => sum + watched_ms, 0);
    assert.ok(told > 10_000 && told < 45_000, `${told} ms of some 30 s`);
    assert.ok(
      beacons.some((told) => told.height === 720 && told.decoded > 0),
      JSON.stringify(beacons),
    );
    await until("all is well", async () => ["well", "seldom"].includes(await verdict()), 60_000);
    const figure = (key) => owner.at(`fares-${key}`).innerText();
    assert.ok((await percent("fares-waiting")) < 5, await figure("waiting"));
    assert.match(await figure("start"), /^\d+(\.\d)? s/);
    assert.match(await figure("behind"), /^\d+(\.\d)? s/);
    assert.match(await figure("errors"), /^0/);
    assert.match(await figure("rungs"), /^720p/);
    assert.match(
      await owner.at("chart-waiting").getByRole("img").getAttribute("aria-label"),
      /Waiting viewers\. Between/,
    );
    for (const colorScheme of ["dark", "light"]) {
      await owner.page.emulateMedia({ colorScheme });
      await assertClean(owner.page, `how viewers fare, ${colorScheme}`);
    }
    await owner.page.emulateMedia({ colorScheme: null });
    await owner.at("fares-table").locator("summary").click();
    assert.ok((await owner.at("fares-line").count()) >= 1);
    await shoot("fares-well");
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
    await link(NARROW);
    await until("the picture stands", async () => {
      const before = await picture(viewer);
      await viewer.page.waitForTimeout(1_000);
      return (await picture(viewer)).time === before.time;
    });
    await until(
      "the viewer waits",
      async () => ["single", "lowest", "links", "upload", "server"].includes(await verdict()),
      90_000,
    );
    assert.ok((await percent("fares-waiting")) >= 2);
    assert.match(await owner.at("fares-verdict").innerText(), /of the time your viewers wait/);
    await shoot("fares-waiting");
    await link(-1);
    await assertMoves(viewer);
  });

  it("is nobody else's, and nothing went wrong on the pages", async () => {
    assert.equal((await viewer.page.request.get(`${BASE}/api/streams/me/qoe`)).status(), 401);
    for (const who of [owner, viewer]) assert.deepEqual(who.failures, []);
  });
});
