/**
 * What a viewer's browser loads before the first picture of a live channel, in English and in German, bytes as served under gzip; and what it
 * does not load where none is to come.
 */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
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

/** All JavaScript, and what of it is ours, kB. */
const MOST = 260;
const MOST_OURS = 60;
/** Chunks of libraries: hls.js, and what `vite.config.ts` puts together. */
const LIBRARIES = /^(drawing|vendor|hls\.light)-/;

describe("before the first picture", { skip }, () => {
  const name = freshName("weight");
  let owner;
  const scene = stage(["--autoplay-policy=no-user-gesture-required"], async ({ browser }) => {
    owner = await person(browser);
    await registerPerson(owner, name);
    scene.publisher = publish(await createKey(owner), SMALL);
    await untilState(owner, "dashboard-state", "live", 30_000);
    await owner.page.goto("about:blank");
  });

  /** The scripts whose last byte came before the first picture: name and kB. */
  async function loaded(locale) {
    const viewer = await person(scene.browser, { locale });
    await viewer.page.addInitScript(() => {
      window.pictured = new Promise((resolve) => {
        const look = () => {
          const video = document.querySelector("[data-testid=player-video]");
          if (!video) return requestAnimationFrame(look);
          video.requestVideoFrameCallback((now) => resolve(now));
        };
        requestAnimationFrame(look);
      });
    });
    await viewer.page.goto(`${BASE}/${name}`);
    const scripts = await viewer.page.evaluate(async () => {
      const pictured = await window.pictured;
      const list = performance
        .getEntriesByType("resource")
        .filter(({ name, responseEnd }) => new URL(name).pathname.endsWith(".js") && responseEnd <= pictured)
        .map(({ name }) => name);
      return { list, late: pictured > 2_000 };
    });
    assert.deepEqual(viewer.failures, []);
    await viewer.context.close();
    const list = await Promise.all(
      scripts.list.map(async (url) => {
        const { headers } = await fetch(url, { method: "HEAD", headers: { "accept-encoding": "gzip" } });
        assert.notEqual(headers.get("content-encoding"), "br", url);
        return [url.split("/").at(-1), Number(headers.get("content-length")) / 1000];
      }),
    );
    return Object.assign(list, { late: scripts.late });
  }

  for (const locale of ["en", "de"]) {
    it(`is at most ${MOST} kB of JavaScript, ${MOST_OURS} kB of it ours (${locale})`, async (t) => {
      // Where the picture is late, others do not wait for it any longer.
      let scripts = await loaded(locale);
      for (let more = 0; more < 3 && scripts.late; more++) scripts = await loaded(locale);
      const sum = (list) => list.reduce((all, [, kB]) => all + kB, 0);
      const ours = scripts.filter(([file]) => !LIBRARIES.test(file));
      t.diagnostic(`${sum(scripts).toFixed(1)} kB, of it ours ${sum(ours).toFixed(1)} kB`);
      const list = scripts.map(([file, kB]) => `${file} ${kB.toFixed(1)}`).join("\n");
      assert.equal(scripts.length - ours.length, 3, `the libraries' chunks have other names:\n${list}`);
      assert.ok(sum(scripts) <= MOST, list);
      assert.ok(sum(ours) <= MOST_OURS, list);
    });
  }

  it("what the page is about comes with the page's own files, once", async () => {
    const viewer = await person(scene.browser);
    const warnings = [];
    viewer.page.on("console", (message) => warnings.push(message.text()));
    for (const [address, asked, whole] of [
      ["/", "/api/streams?live=true", `card-${name}`],
      [`/${name}`, `/api/streams/${name}`, "player-video"],
    ]) {
      await viewer.page.goto(`${BASE}${address}`);
      await viewer.at(whole).waitFor();
      const fetches = await viewer.page.evaluate(
        (url) =>
          performance
            .getEntriesByName(url)
            .map(({ initiatorType, transferSize }) => ({ initiatorType, sent: transferSize > 0 })),
        `${BASE}${asked}`,
      );
      const sent = fetches.filter(({ sent }) => sent);
      assert.deepEqual(
        sent.map(({ initiatorType }) => initiatorType),
        ["link"],
        `${asked}: ${JSON.stringify(fetches)}`,
      );
    }
    assert.deepEqual(
      warnings.filter((text) => text.includes("preload")),
      [],
    );
    assert.deepEqual(viewer.failures, []);
    await viewer.context.close();
  });

  it("is not all asked for where nothing is on air: the player's code comes to who waits", async () => {
    const quiet = freshName("quiet");
    const [other, viewer] = [await person(scene.browser), await person(scene.browser)];
    await registerPerson(other, quiet);
    await other.context.close();
    await viewer.page.goto(`${BASE}/${quiet}`);
    const player = () =>
      viewer.page.evaluate(() =>
        performance.getEntriesByType("resource").some(({ name }) => name.includes("/assets/hls")),
      );
    await untilState(viewer, "player-state", "offline");
    await viewer.at("chat").waitFor();
    assert.equal(await player(), false);
    await until("it is there", player, 30_000);
    assert.deepEqual(viewer.failures, []);
    await viewer.context.close();
  });
});
