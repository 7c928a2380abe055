/**
 * A broadcaster's bad network: a cut of five seconds, a socket that is half open while the encoder is back, twenty reconnects in a
 * row. Our page and stock hls.js watch it all; neither loads anew, and sound and picture stay together.
 */
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { Cable } from "./cable.mjs";
import {
  BASE,
  createKey,
  freshName,
  fromBar,
  person,
  publish,
  registerPerson,
  skip,
  stage,
  until,
  untilState,
} from "./harness.mjs";
import { slowness } from "./machine.mjs";
import { markedPicture, observe, skews } from "./marked-picture.mjs";
import { barePage, download, standing } from "./viewers.mjs";

/*
 * Bounds of a machine that has time for platform, encoder, worker and two players. Where it has not, the picture is as much later.
 */
/** From the first new keyframe's arrival to the new picture on a screen. */
const BACK_MS = 2_000;
/** The same where one cut follows the other. Chromium wants more in hand each time it ran dry, up to 3 s; ours knows what to do. */
const BACK_IN_A_ROW_MS = { ours: BACK_MS, stock: 5_000 };
/** Longest that a picture may stand still while nothing is cut; a stall that a viewer remembers. */
const STALL_MS = 1_000;
const MOST_SKEW_S = 0.045;
const RECONNECTS = 20;
const SELECTORS = { ours: "[data-testid=player-video]", stock: "video" };

describe("cuts of the broadcaster's network", { skip }, () => {
  const name = freshName("cuts");
  let owner;
  let viewer;
  let bare;
  let cable;
  let place;
  let broadcast;
  let session = 0;
  /** The one whose sound ends. */
  let mute = null;
  const publishers = [];
  stage(["--autoplay-policy=no-user-gesture-required"], async ({ browser }) => {
    [owner, viewer] = [await person(browser), await person(browser)];
    bare = await barePage(browser);
    await registerPerson(owner, name);
    const { server, key } = await createKey(owner);
    const { hostname, port } = new URL(server.replace(/^rtmp:/, "http:"));
    cable = new Cable({ host: hostname, port: Number(port || 1935) });
    const near = await cable.start();
    place = { server: server.replace(/\/\/[^/]+/, `//${near}`), key };
    await goOn();
    await untilState(owner, "dashboard-state", "live", 30_000);
    // It would only show the same, and take the machine's time from those who are measured.
    await owner.context.close();
    await viewer.page.goto(`${BASE}/${name}`);
    const { live } = await channel();
    broadcast = live.broadcast_id;
    await bare.play(new URL(live.playback_url, BASE).href);
    for (const [who, page] of watchers()) {
      const selector = SELECTORS[who];
      await page.waitForFunction((selector) => document.querySelector(selector)?.currentTime > 0, selector);
      await page.evaluate(observe, selector);
      await until(`${who} shows the mark`, () => page.evaluate(() => window.seen.present === 1));
    }
  });
  after(async () => {
    await Promise.all(publishers.map((publisher) => publisher.stop("SIGKILL")));
    await cable?.close();
    bare?.close();
  });

  const watchers = () => [
    ["ours", viewer.page],
    ["stock", bare.page],
  ];
  const channel = async () => (await fetch(`${BASE}/api/streams/${name}`)).json();

  /** The encoder connects again. */
  function goOn(how) {
    session += 1;
    const publisher = publish(place, markedPicture(session, how));
    publishers.push(publisher);
    return until("the encoder's first keyframe", () => cable.connections[session - 1]?.keyframe, 10_000);
  }

  /** Waits until every screen shows the present session; the milliseconds since its first keyframe, of each. */
  async function shown(keyframe) {
    const took = {};
    for (const [who, page] of watchers()) {
      const since = Date.now();
      const look = () => page.evaluate((session) => window.seen.first[session], session);
      let first = await look();
      while (!first) {
        if (Date.now() - since > 45_000) {
          assert.fail(`${who} never shows session ${session}: ${await standing(page, SELECTORS[who])}`);
        }
        await sleep(50);
        first = await look();
      }
      took[who] = first - keyframe;
    }
    return took;
  }

  /** `found` is a time of each viewer, in ms; `most` one for both, or one of each. */
  async function assertAtMost(found, most, what) {
    const bound = (who) => most[who] ?? most;
    const late = Object.entries(found).filter(([who, ms]) => ms > bound(who));
    if (late.length === 0) return;
    const times = await slowness();
    for (const [who, ms] of late)
      assert.ok(
        ms <= bound(who) * times,
        `${who}: ${what} ${ms} ms, of ${bound(who)}; the machine is ${times.toFixed(1)} times as slow`,
      );
  }
  const assertBack = (took, most = BACK_MS) =>
    assertAtMost(took, most, "from the first keyframe to the picture");
  const assertInARow = (took) => assertBack(took, BACK_IN_A_ROW_MS);
  const assertNoStall = (still) => assertAtMost(still, STALL_MS, "stood still for");

  /** The longest that each picture stood still over `ms` from now on. */
  async function stills(ms) {
    for (const [, page] of watchers()) {
      await page.evaluate(() => {
        window.seen.still = 0;
        window.seen.at = performance.now();
      });
    }
    await sleep(ms);
    const found = {};
    for (const [who, page] of watchers()) {
      found[who] = await page.evaluate(() => Math.max(window.seen.still, performance.now() - window.seen.at));
    }
    return found;
  }

  it("a cut of five seconds needs no reload, and the picture is back within 2 s of the first keyframe", async () => {
    cable.cut();
    await sleep(5_000);
    const took = await shown(await goOn());
    console.log(`after a cut of 5 s: ours ${took.ours} ms, stock ${took.stock} ms`);
    await assertBack(took);
  });

  it("the same key takes over at once while the old socket is half open", async () => {
    await sleep(2_000);
    cable.silence();
    await sleep(500);
    const keyframe = await goOn();
    const accepted = keyframe - cable.connections[session - 1].came;
    const took = await shown(keyframe);
    console.log(
      `half open: media ${accepted} ms after connecting, ours ${took.ours} ms, stock ${took.stock} ms`,
    );
    await assertAtMost({ accepted }, 2_000, "from the connection to the first keyframe");
    await assertBack(took);
    await viewer.page.waitForFunction(() =>
      document.querySelector("[data-testid=player-state][data-state=live]"),
    );
  });

  it("the picture does not wait for the second keyframe where sound begins a little after the picture", async () => {
    cable.cut();
    await sleep(1_000);
    const took = await shown(await goOn({ gop: 180, soundLate: 0.03 }));
    console.log(`a keyframe each 6 s, sound 30 ms late: ours ${took.ours} ms, stock ${took.stock} ms`);
    await assertInARow(took);
  });

  it("sound that ends does not take the picture along", async () => {
    cable.cut();
    await sleep(500);
    await assertInARow(await shown(await goOn({ soundEnds: 2 })));
    mute = session;
    // It is a second behind before there is silence in its place: once the picture waits for that.
    await sleep(5_000);
    const still = await stills(6_000);
    console.log(`without sound: ours ${still.ours.toFixed(0)} ms, stock ${still.stock.toFixed(0)} ms`);
    await assertNoStall(still);
    cable.cut();
    await sleep(500);
    await assertInARow(await shown(await goOn()));
  });

  it("twenty reconnects in a row bring the picture back each time", async () => {
    const all = { ours: [], stock: [] };
    for (let count = 0; count < RECONNECTS; count++) {
      await sleep(1_000);
      cable.cut();
      await sleep(200);
      const took = await shown(await goOn());
      for (const who of ["ours", "stock"]) all[who].push(took[who]);
    }
    for (const who of ["ours", "stock"]) console.log(`${who}: ${all[who].join(" ")} ms`);
    // A machine that others share stands still now and then: one of the twenty may be as late as the stock player's.
    const [latest, ...others] = all.ours.toSorted((one, other) => other - one);
    await assertInARow({ ours: Math.max(...others), stock: Math.max(latest, ...all.stock) });
  });

  it("after them nothing stalls, and it is one broadcast on the same page", async () => {
    // What was fetched late is caught up first.
    await sleep(2_000);
    const still = await stills(8_000);
    console.log(
      `longest still picture: ours ${still.ours.toFixed(0)} ms, stock ${still.stock.toFixed(0)} ms`,
    );
    await assertNoStall(still);
    const { state, live } = await channel();
    assert.deepEqual([state, live.broadcast_id], ["live", broadcast]);
    // A page that had loaded anew would know nothing of the first session.
    for (const [who, page] of watchers()) {
      assert.ok(await page.evaluate(() => window.seen.first[1] > 0), `${who} was loaded anew`);
    }
    assert.deepEqual(await bare.page.evaluate(() => window.errors.filter((error) => error.fatal)), []);
    assert.deepEqual(viewer.failures, []);
  });

  it("the time bar goes back over the cuts to an earlier session, and the Live button returns", async () => {
    const { page, at } = viewer;
    const present = () => page.evaluate(() => window.seen.present);
    await page.mouse.move(400, 400);
    const bar = await at("player-seek").boundingBox();
    await page.mouse.click(bar.x + bar.width / 2, bar.y + bar.height / 2);
    const before = await until("an earlier session", async () => {
      const number = await present();
      return number < session - 3 && number;
    });
    // Over the cuts of then: what plays is a later session, still not the present one.
    const later = await until("the next session", async () => {
      const number = await present();
      return number > before && number;
    });
    assert.ok(later < session, `${before}, then ${later} of ${session}`);
    await fromBar({ page, at }, "player-live");
    await until("the present session", async () => (await present()) === session, 5_000);
    console.log(`went back to session ${before} of ${session} and over a cut to ${later}`);
  });

  it("sound and picture are together in every session that can still be fetched", async () => {
    const folder = await mkdtemp(join(tmpdir(), "streamly-cuts-"));
    try {
      const files = await download(broadcast, folder);
      const found = [];
      // The last file is of the last session; one session's sound ends, and its flashes go on.
      const first = session - files.length + 1;
      for (const [at, file] of files.entries()) {
        if (first + at !== mute) found.push(await skews(file));
      }
      const seen = found.flat();
      console.log(
        `${files.length} sessions, skew in ms: ${seen.map((s) => Math.round(s * 1_000)).join(" ")}`,
      );
      assert.ok((found.at(-1)?.length ?? 0) >= 3, "flashes and beeps of the last session");
      const silent = found.filter((all) => all.length === 0).length;
      assert.ok(silent <= 5, `${silent} sessions without a flash and its beep`);
      for (const skew of seen) assert.ok(Math.abs(skew) <= MOST_SKEW_S, `${skew} s`);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});
