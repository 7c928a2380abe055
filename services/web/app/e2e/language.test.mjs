/**
 * The languages of the app: the browser's own one, another by choice, without a reload and without the wrong one flashing up; figures and
 * dates as its readers write them; mails in the language of who reads them; and a channel with its chat in German. Dark and light, which are chosen
 * in the same menu. Steps build on each other and run in order.
 */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { assertClean } from "./axe.mjs";
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
import { linkOf, mailTo } from "./mail.mjs";
import { assertSeen, enter, press, say } from "./room.mjs";
import { DATA, employ } from "./staff.mjs";

const langOf = ({ page }) => page.evaluate(() => document.documentElement.lang);
const playhead = ({ page }) => page.evaluate(() => document.querySelector("video").currentTime);
/** Dark or light, by what is behind everything. */
const groundOf = ({ page }) =>
  page.evaluate(() => {
    const context = Object.assign(document.createElement("canvas"), { width: 1, height: 1 }).getContext("2d");
    context.fillStyle = getComputedStyle(document.documentElement).backgroundColor;
    context.fillRect(0, 0, 1, 1);
    return context.getImageData(0, 0, 1, 1).data[0] < 128 ? "dark" : "light";
  });
/** Of the browser's own bar, by the first element that suits. */
const barOf = ({ page }) =>
  page.evaluate(() => {
    const all = [...document.querySelectorAll("meta[name=theme-color]")];
    return all.find(({ media }) => !media || matchMedia(media).matches).content;
  });
const untilGround = (who, ground) =>
  until(`the page is ${ground}`, async () => (await groundOf(who)) === ground);
const paint = async ({ at }, theme) => {
  await at("language-menu").click();
  await at(`theme-${theme}`).click();
};
const untilLang = (who, lang) => until(`the page is in ${lang}`, async () => (await langOf(who)) === lang);
const choose = async (who, lang, menu = "language-menu") => {
  await who.at(menu).click();
  await who.at(`language-${lang}`).click();
  await untilLang(who, lang);
};

describe("the languages of the app", { skip }, () => {
  let [lena, visitor] = [];
  const name = freshName("lena");
  const scene = stage(["--autoplay-policy=no-user-gesture-required"], async ({ browser }) => {
    [lena, visitor] = await Promise.all([1, 2].map(() => person(browser, { locale: "de-DE" })));
    // Everything that the page ever showed, from its first text on.
    await visitor.context.addInitScript(() => {
      window.shown = [];
      new MutationObserver(() => {
        const text = document.getElementById("root")?.innerText;
        if (text) window.shown.push(text);
      }).observe(document, { childList: true, subtree: true, characterData: true });
    });
  });

  it("a browser that speaks German gets German, and nothing else before it", async () => {
    await visitor.page.goto(BASE);
    await visitor.at("sign-in").waitFor();
    assert.equal(await visitor.at("sign-in").innerText(), "Anmelden");
    assert.equal(await langOf(visitor), "de");
    const shown = await visitor.page.evaluate(() => window.shown);
    assert.ok(shown.length > 0);
    assert.deepEqual(
      shown.filter((text) => /Sign in|Register\b|Search/.test(text)),
      [],
    );
  });

  it("what is loaded later is German too, and so is the window's title", async () => {
    await visitor.page.goto(`${BASE}/register`);
    await visitor.at("register-submit").waitFor();
    assert.equal(await visitor.at("register-submit").innerText(), "Registrieren");
    await visitor.at("register-submit").click();
    await visitor.page.getByText("Gib deine E-Mail-Adresse ein.").waitFor();
    assert.equal(await visitor.page.title(), "Registrieren · Streamly");
  });

  it("another language is there at once, without a reload, and keeps what was typed", async () => {
    const { page, at } = visitor;
    await at("register-username").fill("typed");
    await page.evaluate(() => {
      window.sameDocument = true;
    });
    await choose(visitor, "en");
    assert.equal(await at("register-submit").innerText(), "Register");
    assert.equal(await at("register-username").inputValue(), "typed");
    assert.equal(await page.evaluate(() => window.sameDocument), true);
    assert.equal(await page.title(), "Register · Streamly");
  });

  it("the choice is remembered, and followed by other tabs", async () => {
    const tab = await visitor.context.newPage();
    await tab.goto(BASE);
    const other = { page: tab, at: (id) => tab.getByTestId(id) };
    await other.at("sign-in").waitFor();
    assert.equal(await other.at("sign-in").innerText(), "Sign in");
    assert.equal(await langOf(other), "en");
    await choose(visitor, "de");
    await untilLang(other, "de");
    assert.equal(await other.at("sign-in").innerText(), "Anmelden");
    await tab.close();
    await visitor.page.reload();
    await visitor.at("sign-in").waitFor();
    assert.equal(await langOf(visitor), "de");
  });

  it("dark or light is chosen: it is there before anything is shown, remembered, and followed by other tabs", async () => {
    const { page, at } = visitor;
    await page.emulateMedia({ colorScheme: "dark" });
    await untilGround(visitor, "dark");
    await paint(visitor, "light");
    await untilGround(visitor, "light");
    assert.equal(await barOf(visitor), "#f9fafc");

    const tab = await visitor.context.newPage();
    await tab.emulateMedia({ colorScheme: "dark" });
    await tab.addInitScript(() => {
      new MutationObserver((_changes, observer) => {
        if (!document.body) return;
        observer.disconnect();
        window.themeAtFirst = document.documentElement.dataset.theme ?? "none";
      }).observe(document, { childList: true, subtree: true });
    });
    await tab.goto(BASE);
    const other = { page: tab };
    await tab.getByTestId("sign-in").waitFor();
    assert.equal(await tab.evaluate(() => window.themeAtFirst), "light");
    assert.deepEqual([await groundOf(other), await barOf(other)], ["light", "#f9fafc"]);

    await page.emulateMedia({ colorScheme: "light" });
    await paint(visitor, "dark");
    for (const who of [visitor, other]) await untilGround(who, "dark");
    assert.deepEqual([await barOf(visitor), await barOf(other)], ["#0d0f14", "#0d0f14"]);
    await at("language-menu").click();
    await at("theme-dark").waitFor();
    assert.equal(await at("theme-dark").getAttribute("aria-checked"), "true");
    await assertClean(page, "the menu of languages, dark and light");
    await page.keyboard.press("Escape");

    await paint(visitor, "system");
    await untilGround(visitor, "light");
    await tab.emulateMedia({ colorScheme: "light" });
    await untilGround(other, "light");
    assert.equal(await barOf(other), "#f9fafc");
    await tab.close();
  });

  it("works where the browser keeps nothing", async () => {
    const closed = await person(scene.browser, { locale: "de-DE" });
    await closed.context.addInitScript(() => {
      const refuse = () => {
        throw new DOMException("refused", "SecurityError");
      };
      Object.defineProperty(window, "localStorage", { get: refuse });
    });
    await closed.page.goto(BASE);
    await closed.at("sign-in").waitFor();
    assert.equal(await closed.at("sign-in").innerText(), "Anmelden");
    await choose(closed, "en");
    assert.equal(await closed.at("sign-in").innerText(), "Sign in");
    await paint(closed, "dark");
    await untilGround(closed, "dark");
    assert.deepEqual(closed.failures, []);
    await closed.context.close();
  });

  it("dates and times are those of the language, on every page", async () => {
    await registerPerson(lena, name);
    await until("it says what to do", async () =>
      /Drei Schritte, und du bist live/.test(await lena.at("dashboard-state").innerText()),
    );
    scene.key = await createKey(lena);
    await lena.at("end-key").click();
    await lena.at("key-end-input").fill("2038-12-24T18:05");
    await lena.at("confirm-end-key").click();
    await lena.at("key-end").waitFor();
    assert.equal(await lena.at("key-end").innerText(), "Läuft ab: 24.12.2038, 18:05.");
    await choose(lena, "en", "user-menu");
    // The reader's browser names no country for English.
    assert.equal(await lena.at("key-end").innerText(), "Ends 24 Dec 2038, 18:05.");
    await lena.page.goto(`${BASE}/settings/account`);
    await lena.at("language-select").selectOption("de");
    await untilLang(lena, "de");
    await lena.page.getByRole("heading", { name: "Konto", exact: true }).waitFor();
    for (const theme of ["dark", "light"]) {
      await lena.at("theme-select").selectOption(theme);
      await untilGround(lena, theme);
    }
    await lena.at("theme-select").selectOption("system");
  });

  it("mails are in the language that one registered in, and then in the one that was chosen last", {
    skip: !DATA && "STREAMLY_E2E_DATA is not set",
  }, async () => {
    const address = `${name}@example.org`;
    const first = await mailTo(address, "confirm_address");
    assert.match(first, /^Hallo \w+,\s+bitte bestätige, dass diese E-Mail-Adresse dir gehört:/);
    assert.match(linkOf(first), /\/verify-email#/);
    // As an admin reads it.
    const boss = await person(scene.browser);
    const bossName = freshName("boss");
    await registerPerson(boss, bossName);
    await employ(bossName, "admin");
    await boss.page.goto(`${BASE}/admin/mails`);
    const row = boss.page.locator(`[data-testid=mail-row][data-to="${address}"][data-kind=confirm_address]`);
    await row.getByTestId("open-mail").click();
    await boss.at("mail-text").waitFor();
    assert.match(await boss.at("mail-text").innerText(), /^Hallo /);
    await boss.context.close();
    // The account was told of each choice, first English, then German again; here once more.
    const told = lena.page.waitForResponse((answer) => {
      const asked = answer.request();
      const tells = asked.method() === "PATCH" && answer.url().endsWith("/api/auth/me");
      return tells && asked.postDataJSON().language === "en";
    });
    await lena.at("language-select").selectOption("en");
    assert.equal((await (await told).json()).user.language, "en");
    await untilLang(lena, "en");
    const asked = await lena.page.request.post(`${BASE}/api/auth/password/forgot`, {
      data: { email: address },
      headers: { "accept-language": "de" },
    });
    assert.equal(asked.status(), 202);
    assert.match(await mailTo(address, "password_reset"), /^Hello /);
    await lena.at("language-select").selectOption("de");
    await untilLang(lena, "de");
  });

  it("a channel is watched in German", async () => {
    scene.publisher = publish(scene.key, SMALL);
    await visitor.page.goto(`${BASE}/${name}`);
    await untilState(visitor, "player-state", "live", 30_000);
    await until("it plays", async () => (await playhead(visitor)) > 0, 30_000);
    await until("a viewer is counted", async () =>
      /^1 Zuschauer$/.test(await visitor.at("stream-viewers").innerText()),
    );
    await visitor.page.mouse.move(300, 300);
    assert.match((await visitor.at("player-play").getAttribute("aria-label")) ?? "", /^Pause/);
    await visitor.page.getByRole("link", { name: "Folgen" }).waitFor();
    assert.equal(await visitor.at("stream-title").innerText(), `Kanal von ${name}`);
  });

  it("its chat speaks German", async () => {
    assert.equal(await visitor.at("chat-readonly").innerText(), "Melde dich an, um zu schreiben.");
    await enter(lena, `/${name}`);
    await say(lena, "hallo zusammen");
    await assertSeen("hallo zusammen", lena, visitor);
    await say(lena, "/gibtsnicht");
    await lena.at("chat-pending").getByText("Diesen Befehl gibt es nicht.").waitFor();
    await press(lena, "hallo zusammen", "line-delete");
    await visitor.page.getByText(`Eine Nachricht von ${name}, vom Verfasser gelöscht`).waitFor();
  });

  it("it is shared in German, and so is the code for other pages", async () => {
    const { page, at } = visitor;
    assert.equal(await at("share").innerText(), "Teilen");
    await at("share").click();
    await page.getByRole("dialog", { name: `${name} teilen` }).waitFor();
    assert.match(await at("share-code").inputValue(), new RegExp(`title="${name} auf Streamly"`));
    await at("copy-share-link").click();
    await until("copied", async () => (await at("copy-share-link").innerText()) === "Kopiert");
    await page.keyboard.press("Escape");
  });

  it("a change keeps the picture running and the lines of the chat in place", async () => {
    const { page, at } = visitor;
    await page.evaluate(() => {
      document.querySelector("video").same = true;
    });
    await choose(visitor, "en");
    await page.getByText(`A message of ${name}, deleted by its author`).waitFor();
    assert.match(await at("stream-viewers").innerText(), /^\d viewers?$/);
    assert.equal(await at("chat-readonly").innerText(), "Sign in to write.");
    assert.equal(await page.evaluate(() => document.querySelector("video").same), true);
    const before = await playhead(visitor);
    await until("it goes on", async () => (await playhead(visitor)) > before);
  });

  it("nothing broke and nothing left the site", () => {
    for (const who of [lena, visitor]) assert.deepEqual(who.failures, []);
  });
});

describe("a page that the browser kept as it was", { skip }, () => {
  let visitor;
  stage(
    [],
    async ({ browser }) => {
      // A page that a service worker takes over while it is kept is dropped.
      visitor = await person(browser, { locale: "en-US", colorScheme: "dark", serviceWorkers: "block" });
    },
    // Playwright's own browsers keep no page to come back to.
    ["--disable-back-forward-cache"],
  );

  it("shows the language and the theme that were chosen meanwhile", async () => {
    const { page, at } = visitor;
    await page.goto(BASE);
    await at("sign-in").waitFor();
    await untilGround(visitor, "dark");
    await page.evaluate(() => {
      addEventListener("pageshow", (event) => {
        window.kept = event.persisted;
      });
    });
    await page.goto(`${BASE}/browse`);
    await choose(visitor, "de");
    await paint(visitor, "light");
    await untilGround(visitor, "light");
    await page.evaluate(() => history.back());
    await page.waitForURL(`${BASE}/`, { waitUntil: "commit" });
    await until("the page is there", () => page.evaluate(() => window.kept !== undefined));
    assert.equal(await page.evaluate(() => window.kept), true, "it was kept");
    await untilLang(visitor, "de");
    await untilGround(visitor, "light");
    await until("its words are German", async () => (await at("sign-in").innerText()) === "Anmelden");
    assert.deepEqual(visitor.failures, []);
  });
});
