/** Watching over links that are unsteady, lossy and narrow: the picture goes on, with more in hand or fewer lines, and comes back when the link does. */
import assert from "node:assert/strict";
import { after, describe, it } from "node:test";
import {
  assertMoves,
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
import { openLink, unbuilt } from "./link.mjs";
import { slowness } from "./machine.mjs";
import { assertHardlyStood, motionOf, watchMotion } from "./motion.mjs";

/** Parts whose lateness the player remembers are of so many seconds. */
const REMEMBERED_S = 10;
/** Of a link that loses segments: seconds that it is watched, how often the picture may stand meanwhile, and for how long, ms. */
const LOSSY = { watched: 20, stalls: 6, still: 2_500 };
/** What was lost comes a round trip later, or a fifth of a second more: seconds that the lateness of parts grows by, at least. */
const LOST_S = 0.03;

describe("watching over a link", { skip: skip || unbuilt }, () => {
  const name = freshName("link");
  let [owner, viewer, link] = [];
  const scene = stage(["--autoplay-policy=no-user-gesture-required"], async ({ browser }) => {
    [owner, viewer, link] = [await person(browser), await person(browser), await openLink()];
    await registerPerson(owner, name);
    scene.publisher = publish(await createKey(owner));
    await untilState(owner, "dashboard-state", "live", 30_000);
    // Alone with the viewer: its preview would only take the machine's time.
    await owner.page.goto("about:blank");
    await viewer.page.goto(`${link.url}/${name}`);
    await until("it plays", async () => (await picture(viewer)).time > 0);
  });
  after(() => link?.close());

  const measures = () => viewer.at("player-video").evaluate((video) => video.measures());
  const height = async () => (await picture(viewer)).height;

  it("has more in hand where parts come unsteadily, and less again where they do not", async () => {
    const steady = (await measures()).target;
    await link.is("delay=60 jitter=60");
    await until("more is aimed for", async () => (await measures()).target > steady + 0.1, 30_000);
    // Until then it may have stood still, and it goes slower until it has that much.
    await until("it has more in hand", async () => (await measures()).ahead > steady + 0.1, 30_000);
    await assertMoves(viewer, 5);
    const most = (await measures()).target;
    await link.is("");
    await until("less is aimed for", async () => (await measures()).target < most - 0.05, 60_000);
  });

  it("goes on where segments are lost, and seldom stands", async () => {
    // As far away and whole, to compare with.
    await link.is("delay=20");
    await assertMoves(viewer, REMEMBERED_S);
    const whole = (await measures()).jitter;
    await link.is("delay=20 loss=0.02");
    await watchMotion(viewer);
    let lost = 0;
    await until("something is lost, and comes late", async () => {
      lost = Math.max(lost, (await measures()).jitter - whole);
      return lost > LOST_S;
    });
    await assertMoves(viewer, LOSSY.watched);
    const { stalls } = await motionOf(viewer);
    console.log(`segments are lost: parts ${Math.round(lost * 1_000)} ms later, ${stalls} stalls`);
    await assertHardlyStood(viewer, LOSSY.still, "segments are lost");
    const most = stalls > LOSSY.stalls ? LOSSY.stalls * (await slowness()) : LOSSY.stalls;
    assert.ok(stalls <= most, `the picture stood ${stalls} times in ${LOSSY.watched} s, of ${most}`);
    await link.is("");
  });

  it("shows fewer lines on a narrow link, and all of them when it is wide again", async () => {
    await until("all lines", async () => (await height()) === 480, 60_000);
    await link.is("rate=1150");
    await until("fewer lines", async () => (await height()) < 480, 60_000);
    await assertMoves(viewer, 5);
    await link.is("");
    await until("all lines again", async () => (await height()) === 480, 90_000);
    await assertMoves(viewer);
    const broken = viewer.failures.filter((failure) => !failure.includes(link.url));
    assert.deepEqual(broken, []);
  });
});
