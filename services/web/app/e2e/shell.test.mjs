/**
 * The app as one that can be installed: what a browser makes of its manifest, and its worker, which opens it without a network, lets a new
 * version in at once, and keeps nothing but the app's own files. The network is a real one that goes and comes.
 */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { assertClean } from "./axe.mjs";
import { line } from "./elsewhere.mjs";
import { BASE, person, skip, stage, until } from "./harness.mjs";

const SHOTS = process.env.STREAMLY_E2E_SHOTS;

describe("an app that can be installed", { skip }, () => {
  let visitor;
  let network;
  const scene = stage([], async ({ browser }) => {
    network = await line();
    visitor = await person(browser);
  });
  const open = (path = "/") => visitor.page.goto(`${network.origin}${path}`);
  const html = () => visitor.page.content();
  /** Every address that the worker keeps. */
  const kept = () =>
    visitor.page.evaluate(async () => {
      const all = await Promise.all(
        (await caches.keys()).map(async (name) => (await caches.open(name)).keys()),
      );
      return all.flat().map((request) => new URL(request.url).pathname);
    });
  const controlled = () =>
    until("the worker has the page", () =>
      visitor.page.evaluate(() => navigator.serviceWorker.controller?.scriptURL.endsWith("/shell-sw.js")),
    );

  it("has a manifest with pictures that are there, and nothing in the way of installing it", async () => {
    await open();
    const cdp = await visitor.context.newCDPSession(visitor.page);
    const { data, errors } = await cdp.send("Page.getAppManifest");
    assert.deepEqual(errors, []);
    const manifest = JSON.parse(data);
    assert.deepEqual([manifest.name, manifest.display, manifest.start_url], ["Streamly", "standalone", "/"]);
    assert.ok(manifest.icons.some((icon) => icon.purpose === "maskable"));
    for (const { src, sizes } of [
      ...manifest.icons,
      { src: "/icons/apple-touch.png", sizes: "180x180" },
      { src: "/icons/share.png", sizes: "1200x630" },
    ]) {
      const bytes = Buffer.from(await (await fetch(BASE + src)).arrayBuffer());
      assert.equal(`${bytes.readUInt32BE(16)}x${bytes.readUInt32BE(20)}`, sizes, src);
    }
    const { installabilityErrors } = await cdp.send("Page.getInstallabilityErrors");
    // A private window is never offered one.
    assert.deepEqual(
      installabilityErrors.map((e) => e.errorId).filter((id) => id !== "in-incognito"),
      [],
    );
    const robots = await (await fetch(`${BASE}/robots.txt`)).text();
    assert.match(robots, /^Disallow: \/api\/$/m);
    await cdp.detach();
  });

  it("keeps the page and its own files, and nothing of anybody's", async () => {
    await controlled();
    await open("/browse");
    await visitor.page.getByRole("heading", { level: 1 }).waitFor();
    const all = await until("files are kept", async () => {
      const list = await kept();
      return list.includes("/") && list.some((path) => path.startsWith("/assets/")) && list;
    });
    assert.deepEqual(
      all.filter((path) => path !== "/" && !path.startsWith("/assets/")),
      [],
    );
    assert.equal(new Set(all).size, all.length);
  });

  it("opens without a network, says so, and comes back by itself at the address that was asked for", async () => {
    await network.cut();
    await open("/browse");
    await visitor.at("offline").waitFor();
    await assertClean(visitor.page, "the page without a network");
    if (SHOTS) await visitor.page.screenshot({ path: `${SHOTS}/offline.png` });
    await visitor.at("offline-again").click();
    await until("it asked in vain", () => visitor.at("offline-again").isEnabled());
    await network.mend();
    await visitor.page.getByRole("heading", { level: 1, name: "Browse" }).waitFor();
    assert.equal(new URL(visitor.page.url()).pathname, "/browse");
    assert.equal(await visitor.at("offline").count(), 0);
    assert.ok(!(await html()).includes("data-offline"));
  });

  it("says so in German to who was here once, in German", async () => {
    const reader = await person(scene.browser, { locale: "de-DE" });
    await reader.page.goto(`${network.origin}/browse`);
    await until("the worker has the page", () =>
      reader.page.evaluate(() => navigator.serviceWorker.controller !== null),
    );
    await network.cut();
    await reader.page.reload();
    await reader.at("offline").waitFor();
    assert.match(await reader.at("offline").innerText(), /^Streamly ist nicht erreichbar/);
    assert.equal(await reader.at("offline-again").innerText(), "Noch einmal versuchen");
    assert.equal(await reader.page.title(), "Offline · Streamly");
    if (SHOTS) await reader.page.screenshot({ path: `${SHOTS}/offline-de.png` });
    await network.mend();
    await reader.page.getByRole("heading", { level: 1, name: "Stöbern" }).waitFor();
    await reader.context.close();
  });

  it("a page that is open says when the network is gone, and stops saying so", async () => {
    await visitor.context.setOffline(true);
    await until("said", async () => /You are offline/.test(await visitor.at("offline-bar").innerText()));
    await visitor.context.setOffline(false);
    await until("over", async () => !/offline/.test(await visitor.at("offline-bar").innerText()));
  });

  it("a page that lies over a stream says nothing of that to its viewers", async () => {
    const { page, context, at } = visitor;
    await open("/overlay/somebody/chat");
    await at("overlay").waitFor();
    await page.evaluate(() => {
      window.drawn = new Promise((resolve) => {
        addEventListener("offline", () => requestAnimationFrame(resolve), { once: true });
      });
    });
    await context.setOffline(true);
    await page.evaluate(() => window.drawn.then(() => {}));
    assert.equal(await at("offline-bar").innerText(), "");
    await context.setOffline(false);
  });

  it("a new version is there with the next page, and is kept once all of it is there", async () => {
    const version = (file) => (page) =>
      page.replace("</head>", `<link rel="modulepreload" href="${file}" /></head>`);
    network.become(version("/assets/second-abc.js"));
    await open();
    assert.ok((await html()).includes("second-abc"), "the server's page, not the kept one");
    // Its file is missing: it does not take the place of one that is whole.
    network.become(version("/assets/third-abc.js"), { "/assets/third-abc.js": "export {};" });
    await open();
    await until("the third is kept", async () => (await kept()).includes("/assets/third-abc.js"));
    await network.cut();
    await open();
    await visitor.at("offline").waitFor();
    assert.ok((await html()).includes("third-abc"));
    await network.mend();
    await until("it is back", async () => (await visitor.at("offline").count()) === 0);
    assert.ok(!(await kept()).some((path) => path.includes("second-abc")));
  });

  it("a proxy with nobody behind it is as good as no network", async () => {
    network.empty(true);
    await open("/login");
    await visitor.at("offline").waitFor();
    network.empty(false);
    await visitor.at("login-name").waitFor();
    assert.deepEqual(
      visitor.failures.filter((failure) => !failure.includes(network.origin)),
      [],
    );
    await network.cut();
  });
});
