/**
 * Links and what they show, oEmbed, players in other sites' frames and in windows of their own, and the dialog and the form for them. The
 * other site is a real server on another host name.
 */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { assertClean } from "./axe.mjs";
import { site } from "./elsewhere.mjs";
import {
  assertMoves,
  BASE,
  createKey,
  freshName,
  fromBar,
  person,
  publish,
  registerPerson,
  SMALL,
  skip,
  stage,
  until,
  untilState,
} from "./harness.mjs";

const SHOTS = process.env.STREAMLY_E2E_SHOTS;
const shot = (page, name) => SHOTS && page.screenshot({ path: `${SHOTS}/${name}.png` });

/** The contents of a page's meta elements by name or property, as a crawler reads them: without a script. */
async function headOf(path) {
  const answer = await fetch(`${BASE}${path}`);
  const html = await answer.text();
  const all = [...html.matchAll(/<meta (?:name|property)="([^"]+)" content="([^"]*)"/g)];
  return {
    status: answer.status,
    html,
    meta: Object.fromEntries(all.map(([, name, content]) => [name, content])),
  };
}

describe("links, frames and windows", { skip }, () => {
  const name = freshName("maya");
  const title = `"/><script>document.title="gotcha"</script>Knitting & <b>tea</b>`;
  let [caster, viewer] = [];
  let [elsewhere, token] = [];
  const scene = stage(["--autoplay-policy=document-user-activation-required"], async ({ browser }) => {
    elsewhere = await site();
    [caster, viewer] = [await person(browser), await person(browser)];
    await registerPerson(caster, name);
    const place = await createKey(caster);
    token = await caster.page.evaluate(async () => {
      const answer = await fetch("/api/auth/refresh", { method: "POST" });
      return (await answer.json()).access_token;
    });
    await edit({ title, bio: "Wool." });
    scene.publisher = publish(place, SMALL);
    await until("a still", async () => {
      const answer = await fetch(`${BASE}/api/streams/${name}/card`);
      return (await answer.json()).still_url;
    });
  });
  const edit = async (body) => {
    const answer = await fetch(`${BASE}/api/streams/me`, {
      method: "PATCH",
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    assert.equal(answer.status, 200, await answer.text());
  };
  /** Another site's page with the player in it; the frame as if it were a person, to be looked at. */
  const framed = async (options = "") => {
    const context = await scene.browser.newContext({ viewport: { width: 700, height: 420 } });
    const page = await context.newPage();
    const requests = [];
    page.on("request", (request) => requests.push(new URL(request.url()).origin));
    await page.goto(elsewhere.framing(`${BASE}/embed/${name}${options}`));
    const frame = page.frame("player");
    return { context, page: frame, outer: page, requests, at: (id) => frame.getByTestId(id) };
  };
  const isRefused = (page) => page.frames()[1]?.url().startsWith("chrome-error:");
  const policy = async () => (await fetch(`${BASE}/embed/${name}`)).headers.get("content-security-policy");
  const frames = (words) =>
    until(`frames: ${words}`, async () => (await policy()).includes(`frame-ancestors ${words};`));

  it("a link to a live channel shows its title, a picture of what is on air, and words, whatever the title is", async () => {
    const { status, html, meta } = await until("the still is told", async () => {
      const head = await headOf(`/${name}`);
      return head.meta["og:image"]?.includes("/stills/") && head;
    });
    assert.equal(status, 200);
    assert.match(meta["og:title"], new RegExp(`^${name}: &quot;/&gt;&lt;script&gt;`, "i"));
    assert.match(meta["og:description"], /Wool\.$/);
    assert.equal(meta["og:url"], `${BASE}/${name}`);
    assert.equal(meta["twitter:card"], "summary_large_image");
    const picture = await fetch(meta["og:image"]);
    assert.deepEqual([picture.status, picture.headers.get("content-type")], [200, "image/jpeg"]);
    const parsed = await viewer.page.evaluate((text) => {
      const page = new DOMParser().parseFromString(text, "text/html");
      const scripts = [...page.querySelectorAll("script")].map((script) => script.getAttribute("src"));
      return { scripts, title: page.querySelector('[property="og:title"]').content };
    }, html);
    assert.ok(
      parsed.scripts.every((src) => src?.startsWith("/assets/")),
      String(parsed.scripts),
    );
    assert.ok(parsed.title.toLowerCase() === `${name}: ${title}`.toLowerCase(), parsed.title);
    await viewer.page.goto(`${BASE}/${name}`);
    await viewer.at("stream-title").waitFor();
    assert.match(await viewer.page.title(), new RegExp(`^${name} · Streamly$`, "i"));
    const shared = await fetch(`${BASE}/icons/share.png`);
    assert.deepEqual([shared.status, shared.headers.get("content-type")], [200, "image/png"]);
  });

  it("a name that nobody has is 404, with the app's own page", async () => {
    const nobody = freshName("nobody");
    // Where asking takes longer than a page waits, it is the plain one.
    const { meta } = await until("404", async () => {
      const head = await headOf(`/${nobody}`);
      return head.status === 404 && head;
    });
    assert.deepEqual([meta.robots, meta["og:title"]], ["noindex", undefined]);
    const response = await viewer.page.goto(`${BASE}/there/is/nothing`);
    assert.equal(response.status(), 404);
    await viewer.at("not-found").waitFor();
    await assertClean(viewer.page, "the page for what is not there");
    await shot(viewer.page, "not-found");
  });

  it("oEmbed gives another site the frame, and its page says where to ask", async () => {
    const { html } = await headOf(`/${name}`);
    const [, href] = /application\/json\+oembed" href="([^"]+)"/.exec(html);
    const told = await (await fetch(href.replaceAll("&amp;", "&"))).json();
    assert.deepEqual(
      [told.type, told.width, told.height, told.provider_name],
      ["video", 640, 360, "Streamly"],
    );
    assert.ok(told.html.includes(`src="${BASE}/embed/${name}"`), told.html);
  });

  it("another site's page plays the channel, without sound and saying so, and asks nobody else for anything", async () => {
    const there = await framed();
    await untilState(there, "player-state", "live");
    await assertMoves(there);
    assert.ok(await there.at("player-video").evaluate((video) => video.muted), "it began without sound");
    await there.at("embed-channel").waitFor();
    await shot(there.outer, "embed");
    await there.at("player-unmute").click();
    await until("sound", () => there.at("player-video").evaluate((video) => !video.muted));
    await until("the offer is gone", async () => (await there.at("player-unmute").count()) === 0);
    await assertMoves(there);
    const link = there.at("embed-channel");
    assert.deepEqual(
      [await link.getAttribute("href"), await link.getAttribute("target"), await link.getAttribute("rel")],
      [`/${name}`, "_blank", "noopener"],
    );
    assert.deepEqual(
      [...new Set(there.requests)].filter((o) => o !== elsewhere.origin && o !== new URL(BASE).origin),
      [],
    );
    assert.equal(
      await there.page.evaluate(() => navigator.serviceWorker.controller),
      null,
      "no worker in frames",
    );
    await there.context.close();
  });

  it("in a narrow frame the title makes room for the name", async () => {
    const narrow = await person(scene.browser, { viewport: { width: 390, height: 220 } });
    await narrow.page.goto(`${BASE}/embed/${name}`);
    const words = narrow.at("embed-channel").locator("span.truncate");
    await words.last().waitFor();
    const isCut = ({ scrollWidth, clientWidth }) => scrollWidth > clientWidth;
    assert.equal(await words.first().innerText(), name);
    assert.equal(await words.first().evaluate(isCut), false, "the name");
    assert.equal(await words.last().evaluate(isCut), true, "the title");
    assert.deepEqual(narrow.failures, []);
    await narrow.context.close();
  });

  it("with autoplay=false it shows what is on air and fetches nothing of it until a click, which brings sound", async () => {
    const there = await framed("?autoplay=false");
    await there.at("embed-poster").waitFor();
    await shot(there.outer, "embed-waits");
    assert.equal(await there.at("player-video").count(), 0);
    await there.at("embed-play").click();
    await assertMoves(there);
    assert.ok(await there.at("player-video").evaluate((video) => !video.muted), "who clicks gets sound");
    await there.context.close();
  });

  it("who named sites is framed by those alone, who wants none by none", async () => {
    const moves = async () => {
      const there = await framed();
      await assertMoves(there);
      await there.context.close();
    };
    const refused = async () => {
      const there = await framed();
      await until("the browser refuses", () => isRefused(there.outer));
      await there.context.close();
    };
    await edit({ embedding: "sites", embed_sites: ["example.org", "http://localhost:1"] });
    await frames("https://example.org http://localhost:1");
    await refused();
    await edit({ embed_sites: [elsewhere.origin] });
    await frames(elsewhere.origin);
    await moves();
    await edit({ embedding: "nowhere" });
    await frames("'none'");
    await refused();
    // Its own page never was to be framed.
    const page = await viewer.context.newPage();
    await page.goto(elsewhere.framing(`${BASE}/${name}`));
    await until("the browser refuses", () => isRefused(page));
    await page.close();
    await edit({ embedding: "everywhere" });
    await frames("*");
    await moves();
  });

  it("the dialog gives link and code, and no code where the owner wants none", async () => {
    await viewer.page.goto(`${BASE}/${name}`);
    await viewer.at("share").click();
    assert.equal(await viewer.at("share-link").inputValue(), `${BASE}/${name}`);
    const code = await viewer.at("share-code").inputValue();
    assert.ok(code.startsWith(`<iframe src="${BASE}/embed/${name}"`), code);
    await assertClean(viewer.page, "the dialog that shares");
    await shot(viewer.page, "share-dialog");
    await viewer.at("copy-share-code").click();
    await until("copied", async () => /Copied/.test(await viewer.at("copy-share-code").innerText()));
    await viewer.page.keyboard.press("Escape");
    assert.ok(await viewer.at("share").evaluate((b) => b === document.activeElement), "the focus is back");
    await edit({ embedding: "nowhere" });
    await viewer.page.reload();
    await viewer.at("share").click();
    await viewer.at("share-nowhere").waitFor();
    assert.equal(await viewer.at("share-code").count(), 0);
    await edit({ embedding: "everywhere" });
    await viewer.page.keyboard.press("Escape");
  });

  it("the player goes into a window of its own, and stops in the page", async () => {
    await viewer.page.goto(`${BASE}/${name}`);
    await assertMoves(viewer);
    const [popup] = await Promise.all([
      viewer.context.waitForEvent("page"),
      fromBar(viewer, "player-popout"),
    ]);
    await popup.waitForURL(`${BASE}/popout/${name}/player`);
    await assertMoves({ page: popup, at: (id) => popup.getByTestId(id) });
    await until("paused", async () => (await viewer.at("player").getAttribute("data-phase")) === "paused");
    await assertClean(popup, "the player's own window");
    await shot(popup, "popout");
    await popup.close();
  });

  it("the owner names the sites in a form that says what is wrong with one", async () => {
    await caster.page.goto(`${BASE}/dashboard/channel`);
    await caster.at("embedding").selectOption("sites");
    await caster.at("embed-sites").fill("example.org\nnot a site!\nbücher.example");
    await caster.at("save-embedding").click();
    await until("told", async () => /not a site!: /.test(await caster.at("settings-embedding").innerText()));
    await assertClean(caster.page, "the form with a site that is none");
    await shot(caster.page, "embedding-form");
    await caster.at("embed-sites").fill("example.org\nbücher.example");
    await caster.at("save-embedding").click();
    await until("saved", async () => (await caster.at("save-embedding-done").innerText()) === "Saved");
    await frames("https://example.org https://xn--bcher-kva.example");
    await caster.page.reload();
    await until(
      "it is there again",
      async () => (await caster.at("embed-sites").inputValue()) === "example.org\nxn--bcher-kva.example",
    );
    await caster.at("embedding").selectOption("everywhere");
    await caster.at("save-embedding").click();
    await frames("*");
  });

  it("of a channel for few a link tells its name, and of a private one nothing else", async () => {
    await edit({ visibility: "unlisted" });
    const unlisted = await until("not to be found", async () => {
      const head = await headOf(`/${name}`);
      return head.meta.robots === "noindex" && head;
    });
    assert.match(unlisted.meta["og:description"], /Wool/);
    await edit({ visibility: "followers" });
    const followers = await until("no picture", async () => {
      const head = await headOf(`/${name}`);
      return head.meta["og:image"].endsWith("/icons/share.png") && head;
    });
    assert.ok(!followers.html.includes("oembed"));
    assert.equal((await fetch(`${BASE}/oembed?url=${encodeURIComponent(`${BASE}/${name}`)}`)).status, 401);
    await edit({ visibility: "private" });
    const secret = await until("no words", async () => {
      const head = await headOf(`/${name}`);
      return !/Wool/.test(head.html) && head;
    });
    assert.equal(secret.meta["og:title"].toLowerCase(), name);
    assert.ok(!/Knitting|script&gt;/.test(secret.html), secret.html);
    const there = await framed();
    await there.at("gate").waitFor();
    await there.context.close();
    await edit({ visibility: "public" });
  });

  it("after the end the frame says so in a sentence, and an offline channel too", async () => {
    await until("public again", async () => (await headOf(`/${name}`)).meta.robots === undefined);
    const there = await framed();
    await assertMoves(there);
    await scene.publisher.stop();
    await until("it has ended", async () => /has ended/.test(await there.at("player-state").innerText()));
    await there.context.close();
    const again = await framed();
    await until("offline", async () => /is offline/.test(await again.at("player-state").innerText()));
    await shot(again.outer, "embed-offline");
    await again.at("embed-channel").waitFor();
    await again.context.close();
    assert.deepEqual([caster.failures, viewer.failures], [[], []]);
    await elsewhere.close();
  });
});
