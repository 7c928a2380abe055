/** Whatever people write, pages show it as the text that it is: every text that one can write about oneself, on every page that shows it. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { call } from "./api.mjs";
import { BASE, freshName, person, registerPerson, skip, stage, until } from "./harness.mjs";
import { line } from "./room.mjs";
import { DATA, employ } from "./staff.mjs";

/** As much markup as fits; an element of it would have the attribute. */
const LONG = `<img src=x onerror="window.hostile=1" data-hostile><script data-hostile>hostile=2</script>'";DROP TABLE users;--`;
const SHORT = `<b data-hostile>'--</b>`;
const LINE = `<i data-hostile onclick=hostile=3>"'; OR 1=1 --</i>`;

describe("texts that would be markup", { skip }, () => {
  let [owner, visitor, stan] = [];
  const [texa, texb, texs] = ["texa", "texb", "texs"].map((start) => freshName(start));
  const room = texa;

  stage([], async ({ browser }) => {
    [owner, visitor, stan] = [await person(browser), await person(browser), await person(browser)];
    await registerPerson(owner, texa);
    await registerPerson(visitor, texb);
    await registerPerson(stan, texs);
  });

  it("are taken as they are, wherever a text can be written", async () => {
    await call(texa, "PATCH", "/api/streams/me", {
      title: LONG,
      category: LINE,
      tags: [SHORT],
      bio: LONG,
      links: [{ title: LINE, url: "https://example.org/?q='--" }],
      panels: [{ title: LINE, text: LONG, url: "https://example.org/" }],
    });
    const soon = new Date(Date.now() + 86_400_000).toISOString().slice(0, 16);
    const entry = { title: LINE, category: LINE, starts_at: soon, minutes: 60, weekly: false };
    await call(texa, "PUT", "/api/streams/me/schedule", { time_zone: "UTC", entries: [entry] });
    await call(texa, "POST", "/api/streams/keys", { name: SHORT });
    const chat = `/api/chat/rooms/${room}`;
    const said = await call(texb, "POST", `${chat}/messages`, { text: LONG });
    await call(texa, "PUT", `${chat}/pin`, { message_id: said.id });
    await call(texa, "POST", `${chat}/polls`, { question: LINE, options: [SHORT, LINE], duration_s: 3600 });
    await call(texa, "POST", `${chat}/terms`, { term: "hostileword" });
    await call(texs, "POST", "/api/chat/reports", {
      room,
      message_id: said.id,
      category: "other",
      text: LONG,
    });
    await call(texa, "PUT", `${chat}/bans/${texs}`, { duration_s: 600, reason: LONG, note: LINE });
  });

  /** Opens a page and waits for a text of ours on it. */
  async function shows(who, path, text) {
    await who.page.goto(`${BASE}${path}`);
    const shown = () =>
      who.page.evaluate((wanted) => document.documentElement.innerText.includes(wanted), text);
    await until(`${path} shows ${text}`, shown);
    await clean(who, path);
  }

  async function clean(who, path) {
    const found = await who.page.evaluate(() => ({
      ran: window.hostile ?? null,
      elements: document.querySelectorAll("[data-hostile], img[src=x]").length,
    }));
    assert.deepEqual(found, { ran: null, elements: 0 }, path);
    assert.deepEqual(who.failures, [], path);
  }

  it("are texts on every page that shows them, to whoever reads it", async () => {
    await shows(visitor, `/${room}`, LONG);
    await line(visitor, "DROP TABLE").first().waitFor();
    await clean(visitor, "the chat beside it");
    await shows(visitor, `/popout/${room}/chat`, LONG);
    await shows(visitor, `/overlay/${room}/chat`, "DROP TABLE");
    await shows(stan, "/account/reports", LONG);
    await shows(visitor, `/browse?q=${room}`, room);
    await shows(visitor, `/browse?q=${encodeURIComponent(LINE)}`, "");
    await shows(visitor, `/category/${encodeURIComponent(SHORT)}`, "");
    await shows(owner, "/dashboard", SHORT);
    await owner.page.goto(`${BASE}/dashboard/channel`);
    await until("the fields are filled", async () => (await owner.at("title-input").inputValue()) === LONG);
    await clean(owner, "/dashboard/channel");
    await shows(owner, `/moderation/${room}`, "DROP TABLE");
  });

  it("are texts at the staff's desk, too", {
    skip: DATA ? false : "STREAMLY_E2E_DATA is not set",
  }, async () => {
    await call(texb, "POST", "/api/chat/reports", { room, channel: true, category: "other", text: LONG });
    await employ(texs);
    await stan.page.reload();
    await shows(stan, "/staff/reports", LONG);
    await shows(stan, "/admin", "");
  });

  it("lead nobody away: what an address names as the next page is one of ours", async () => {
    // What browsers leave out of an address, or read as a slash, makes a path another site's.
    for (const next of ["//", "/\t/", "/\n/", "/\r/", "/\\", "/\t\\", "/.//"]) {
      const to = encodeURIComponent(`${next}evil.example/`);
      const query = ["next", "return_to", "redirect", "continue", "url"]
        .map((name) => `${name}=${to}`)
        .join("&");
      const guest = await person(visitor.page.context().browser(), { locale: "en-US" });
      const { page, at } = guest;
      const isOurs = async (when) => {
        await until(`somewhere else ${when}`, () => new URL(page.url()).pathname !== "/login");
        assert.equal(new URL(page.url()).origin, new URL(BASE).origin, `${to}, ${when}`);
        await at("user-menu").waitFor();
        assert.equal(await at("page-error").count(), 0, `${to}, ${when}`);
      };
      await page.goto(`${BASE}/login?${query}`);
      await at("login-name").fill(texb);
      await at("login-password").fill(`correct horse ${texb}`);
      await at("login-submit").click();
      await isOurs("after signing in");
      // Who is signed in is sent on at once.
      await page.goto(`${BASE}/login?${query}`);
      await isOurs("already signed in");
      assert.deepEqual(guest.failures, [], to);
      await guest.context.close();
    }
  });
});
