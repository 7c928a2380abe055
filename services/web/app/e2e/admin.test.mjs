/** The desk of the platform's staff: who may what, suspensions seen at once, roles, invitations, the log, the keys, and an account that is deleted. */
import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { appendFile, readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, it } from "node:test";
import { assertClean } from "./axe.mjs";
import { assertSoon, BASE, freshName, person, registerPerson, skip, stage, until } from "./harness.mjs";
import { assertFits } from "./layout.mjs";
import { shoot } from "./looks.mjs";
import { DATA, linkOf, mailTo } from "./mail.mjs";
import { employ } from "./staff.mjs";

const without = skip || (DATA ? false : "STREAMLY_E2E_DATA is not set");

describe("the platform's staff", { skip: without }, () => {
  let [chief, boss, mallory, grace] = [];
  const names = {
    chief: freshName("chief"),
    boss: freshName("boss"),
    mallory: freshName("mallory"),
    grace: freshName("grace"),
  };
  const passwordOf = (name) => `correct horse ${name}`;
  const scene = stage([], async ({ browser }) => {
    [chief, boss, mallory, grace] = [
      await person(browser),
      await person(browser),
      await person(browser),
      await person(browser),
    ];
    await registerPerson(chief, names.chief);
    await registerPerson(boss, names.boss);
    await registerPerson(mallory, names.mallory);
    await employ(names.chief, "admin");
  });
  const open = (who, path) => who.page.goto(path.startsWith("http") ? path : `${BASE}${path}`);
  const rowOf = (who, name) => who.page.locator(`[data-testid=person-row][data-name=${name}]`);
  const find = async (who, name) => {
    await open(who, "/admin");
    await who.at("people-search").fill(name);
    await rowOf(who, name).waitFor();
    return rowOf(who, name);
  };

  it("shows what went wrong in browsers until somebody has dealt with it", async () => {
    const word = `broke for ${names.mallory}`;
    await open(mallory, "/");
    // Who listens for errors is the app, which is run after the first paint.
    await mallory.at("user-menu").waitFor();
    const told = mallory.page.waitForResponse((r) => r.url().endsWith("/api/browser-errors"));
    await mallory.page.evaluate((word) => void setTimeout(() => Promise.reject(new Error(word))), word);
    assert.equal((await told).status(), 204);
    const meant = mallory.failures.splice(0);
    assert.ok(meant.length === 2 && meant.every((failure) => failure.includes(word)), "thrown, and told");
    await open(chief, "/admin?tab=errors");
    const row = chief.at("browser-error-row").filter({ hasText: word });
    await row.getByText("Where it came from").click();
    await assertClean(chief.page, "errors");
    await row.getByTestId("browser-error-done").click();
    await row.waitFor({ state: "detached" });
  });

  it("says which limits the services go by, those that were set first", async () => {
    const { page, at } = chief;
    await open(chief, "/admin?tab=limits");
    for (const service of ["user", "stream", "chat", "ingest", "web"])
      await at(`limits-${service}`).getByTestId("limit-row").first().waitFor();
    // The platform of these tests runs without rate limits.
    const first = at("limits-user").getByTestId("limit-row").first();
    await until(
      "what was set comes first",
      async () =>
        (await at("limits-user").getByTestId("limit-row").filter({ hasText: "usually" }).count()) > 0,
    );
    assert.match(await first.innerText(), /usually/);
    await at("limits-search").fill("rate_limits");
    const found = at("limits-user").locator("[data-key=rate_limits]");
    await found.waitFor();
    assert.match(await found.innerText(), /false\s*usually true/);
    const others = page.locator("[data-testid=limit-row]:not([data-key*=rate_limits])");
    await until("nothing else is shown", async () => (await others.count()) === 0);
    const rows = await at("limit-row").count();
    assert.match(await at("limits-found").innerText(), new RegExp(`^${rows} settings? match`));
    await at("limits-search").fill("no such setting");
    await until("it is said that there is none", async () =>
      /^0 settings match/.test(await at("limits-found").innerText()),
    );
    assert.equal(await page.getByText("No setting matches.").count(), 5);
    assert.deepEqual(chief.failures, []);
  });

  it("has a desk that nobody else gets, and a role is given there", async () => {
    await open(mallory, "/admin");
    await mallory.at("not-staff").waitFor();
    const row = await find(chief, names.boss);
    assert.match(await row.innerText(), new RegExp(`${names.boss}@example.org`));
    // The server wants the password again after ten minutes; here it says so once.
    const old = {
      status: 403,
      contentType: "application/problem+json",
      body: JSON.stringify({ code: "reauth_required", detail: "Sign in again to do this.", status: 403 }),
    };
    await chief.page.route("**/role", (route) => route.fulfill(old), { times: 1 });
    await row.getByTestId("person-role").selectOption("moderator");
    await row.getByTestId("confirm-role").click();
    await row.getByTestId("proof-password").fill(passwordOf(names.chief));
    await row.getByTestId("proof-submit").click();
    // In the other's open page it counts at once.
    await boss.at("user-menu").click();
    await until("the menu of staff", async () => {
      if (await boss.at("administration-link").isVisible()) return true;
      await boss.page.keyboard.press("Escape");
      await boss.at("user-menu").click();
      return false;
    });
    await boss.page.keyboard.press("Escape");
  });

  it("lets a moderator suspend people, and nobody above, and see no more", async () => {
    const row = await find(boss, names.mallory);
    assert.doesNotMatch(await row.innerText(), /example\.org/);
    assert.equal(await row.getByTestId("suspend").count(), 1);
    assert.equal(await boss.at("person-role").count(), 0);
    assert.equal(await boss.at("tab-invitations").count(), 0);
    for (const name of [names.chief, names.boss]) {
      const other = await find(boss, name);
      assert.equal(await other.getByTestId("suspend").count(), 0, name);
    }
    // What the page does not offer the server does not do either.
    const refused = await boss.page.evaluate(async () => {
      const { access_token: token } = await (await fetch("/api/auth/refresh", { method: "POST" })).json();
      const paths = ["invitations", "audit", "mails", "signing-keys"];
      const headers = { Authorization: `Bearer ${token}` };
      return Promise.all(paths.map(async (p) => (await fetch(`/api/admin/${p}`, { headers })).status));
    });
    assert.deepEqual(refused, [403, 403, 403, 403]);
  });

  it("shows a suspension in the suspended person's open page within two seconds", async () => {
    await open(mallory, "/dashboard");
    await mallory.at("create-key").waitFor();
    const row = await find(boss, names.mallory);
    await row.getByTestId("suspend").click();
    await boss.at("suspend-reason").waitFor();
    assert.ok(await boss.at("suspend-reason").evaluate((field) => field === document.activeElement));
    await boss.at("suspend-submit").click();
    await boss.page.getByText("Say why.").waitFor();
    await boss.at("suspend-reason").fill("spam");
    await assertClean(boss.page, "the dialog of a suspension");
    await boss.at("suspend-submit").click();
    const begun = Date.now();
    await mallory.at("account-suspended").waitFor();
    await assertSoon(begun, 2_000, "the suspension was seen");
    await until("the reason", async () => /“spam”/.test(await row.innerText()));
    await open(mallory, "/login");
    await mallory.at("login-name").fill(names.mallory);
    await mallory.at("login-password").fill(passwordOf(names.mallory));
    await mallory.at("login-submit").click();
    await mallory.page.getByText("This account is suspended").waitFor();
    await boss.at("people-only").selectOption("suspended");
    await row.getByTestId("unsuspend").click();
    await boss.at("lift-reason").fill("a mistake");
    await assertClean(boss.page, "the dialog of the end of a suspension");
    await boss.at("lift-submit").click();
    await until("nobody suspended of that name", async () => (await row.count()) === 0);
    await mallory.at("login-submit").click();
    await mallory.page.waitForURL(`${BASE}/`);
  });

  it("writes down what was done, and the log can be narrowed", async () => {
    await open(chief, "/admin?tab=log");
    await chief.at("acts-subject").fill(names.mallory);
    const said = async () => (await chief.at("act-row").allInnerTexts()).map((t) => t.split("\n")[0]?.trim());
    const both = [
      `${names.boss} lifted the suspension of ${names.mallory}`,
      `${names.boss} suspended ${names.mallory}`,
    ];
    await until("both acts", async () => JSON.stringify(await said()) === JSON.stringify(both));
    assert.match(await chief.at("act-row").first().innerText(), /a mistake/);
    await chief.at("acts-act").selectOption("suspended");
    await until("one act", async () => JSON.stringify(await said()) === JSON.stringify([both[1]]));
  });

  it("invites a new person, whose link is shown once", async () => {
    await open(chief, "/admin?tab=invitations");
    await chief.at("invite-note").fill(`for ${names.grace}`);
    await chief.at("invite-submit").click();
    const link = await chief.at("invite-link").innerText();
    assert.match(link, /\/register#[A-Za-z0-9_-]{43}$/);
    const row = chief.page.locator("[data-testid=invitation-row]", { hasText: `for ${names.grace}` });
    await row.waitFor();
    await open(grace, link);
    await until("no code in the address bar", async () => grace.page.url() === `${BASE}/register`);
    await chief.page.reload();
    await row.waitFor();
    assert.equal(await chief.at("invite-link").count(), 0);
    await row.getByTestId("invitation-back").click();
    await row.getByText("Its link lets nobody register then.").waitFor();
    await row.getByTestId("invitation-back-cancel").click();
    await row.getByTestId("invitation-back").click();
    await row.getByTestId("invitation-back-confirm").click();
    await until("no invitation", async () => (await row.count()) === 0);
  });

  it("exchanges the key that signs under open pages, and no call is refused", async () => {
    await open(chief, "/admin?tab=keys");
    const key = (state) => chief.page.locator(`[data-testid=signing-key][data-state=${state}]`);
    const first = await key("signing").locator("code").innerText();
    const refused = [];
    for (const who of [chief, boss])
      who.page.on("response", (r) => r.status() === 401 && refused.push(r.url()));
    // As the operator's command does, but the new key signs at once: no service has it before the first token names it.
    const { privateKey } = generateKeyPairSync("ed25519");
    const der = privateKey.export({ type: "pkcs8", format: "der" }).toString("base64");
    const now = Math.floor(Date.now() / 1000);
    await appendFile(join(DATA, "secrets", "access-tokens.key"), `\n${der} ${now}\n`);
    // The freshest token to every service, over and over, while the key changes.
    const asked = await boss.page.evaluate(async () => {
      const seen = {};
      const end = Date.now() + 6_000;
      while (Date.now() < end) {
        const renewed = await fetch("/api/auth/refresh", { method: "POST" });
        const { access_token: token } = await renewed.json();
        const kid = JSON.parse(atob(token.split(".")[0].replaceAll("-", "+").replaceAll("_", "/"))).kid;
        const headers = { Authorization: `Bearer ${token}` };
        const calls = ["/api/auth/me", "/api/streams/me", "/api/chat/blocks"];
        const statuses = await Promise.all(
          calls.map(async (path) => (await fetch(path, { headers })).status),
        );
        seen[kid] = (seen[kid] ?? []).concat(renewed.status, statuses);
      }
      return seen;
    });
    const kids = Object.keys(asked);
    assert.equal(kids.length, 2, `tokens of both keys: ${kids}`);
    assert.equal(kids[0], first);
    for (const kid of kids) assert.deepEqual([...new Set(asked[kid])], [200], kid);
    await until("the desk shows both", async () => {
      await chief.page.reload();
      await key("signing").waitFor();
      return (
        (await key("former").count()) === 1 && (await key("signing").locator("code").innerText()) === kids[1]
      );
    });
    assert.deepEqual(refused, []);
  });

  it("has pages on which axe finds nothing wrong, in both themes and narrow", async (t) => {
    const whole = {
      people: () => chief.at("person-row").first(),
      live: () => chief.at("node-row").first(),
      invitations: () => chief.at("invite-submit"),
      log: () => chief.at("act-row").first(),
      mails: () => chief.at("mail-row").first(),
      errors: () => chief.at("admin-browser-errors"),
      limits: () => chief.at("limits-chat").getByTestId("limit-row").first(),
      keys: () => chief.at("signing-key").first(),
    };
    for (const [tab, there] of Object.entries(whole)) {
      await t.test(tab, async () => {
        await open(chief, `/admin?tab=${tab}`);
        await there().waitFor();
        await assertClean(chief.page, tab);
        await shoot(chief, tab);
      });
    }
    await chief.page.setViewportSize({ width: 390, height: 900 });
    for (const tab of Object.keys(whole)) {
      await open(chief, `/admin?tab=${tab}`);
      await whole[tab]().waitFor();
      const wide = await chief.page.evaluate(() => document.documentElement.scrollWidth);
      assert.ok(wide <= 390, `${tab} is ${wide} px wide`);
    }
    assert.deepEqual(chief.failures, []);
  });

  it("has one bar on all of its pages, which says where one is, is one row on a phone, and shows the present one there", async () => {
    await chief.page.setViewportSize({ width: 390, height: 900 });
    for (const [key, path] of [
      ["people", "/admin"],
      ["reports", "/staff/reports"],
      ["mails", "/admin/mails"],
      ["categories", "/admin/categories"],
      ["keys", "/admin?tab=keys"],
    ]) {
      await open(chief, path);
      const bar = chief.page.getByRole("navigation", { name: "Administration" });
      const present = bar.locator("[aria-current=page]");
      await present.waitFor();
      assert.equal(await present.getAttribute("data-testid"), `tab-${key}`, path);
      const tops = await bar.locator("a").evaluateAll((links) => links.map((a) => a.offsetTop));
      assert.deepEqual([tops.length, new Set(tops).size], [10, 1], path);
      await until(`${key} is in view`, async () => {
        const { x, width } = await present.boundingBox();
        return x >= 0 && x + width <= 390;
      });
      await assertFits(chief, path);
    }
    // From the last one back.
    await chief.at("tab-people").click();
    await chief.at("person-row").first().waitFor();
    assert.equal(await chief.at("tab-people").getAttribute("aria-current"), "page");
    await open(boss, "/staff/reports");
    await boss.at("tab-limits").waitFor();
    assert.equal(await boss.at("tab-categories").count(), 0);
    assert.deepEqual(chief.failures, []);
  });

  it("is as anybody whose own data can be taken out, whole", async () => {
    await open(boss, "/settings/account");
    const coming = boss.page.waitForEvent("download");
    await boss.at("export-data").click();
    const file = await (await coming).path();
    await boss.at("export-done").waitFor();
    const data = JSON.parse(await readFile(file, "utf8"));
    assert.deepEqual(data.missing, []);
    assert.equal(data.user.account[0].username, names.boss);
    assert.equal(data.user.acts_by_you.length, 2);
    assert.doesNotMatch(JSON.stringify(data), /argon2|password_hash/);
  });

  describe("an account that its owner deletes", () => {
    it("is closed at once in every page, and its mail takes it back", async () => {
      const other = await person(scene.browser);
      const signIn = async (who, path) => {
        await open(who, `/login?next=${path}`);
        await who.at("login-name").fill(names.mallory);
        await who.at("login-password").fill(passwordOf(names.mallory));
        await who.at("login-submit").click();
        await who.page.waitForURL(`${BASE}${path}`);
      };
      await signIn(other, "/dashboard");
      await other.at("create-key").waitFor();
      await open(mallory, "/settings/account");
      await mallory.at("close-open").click();
      assert.ok(await mallory.at("close-submit").isDisabled());
      await mallory.at("close-name").fill(names.mallory);
      await assertClean(mallory.page, "the end of an account");
      await mallory.at("close-submit").click();
      await mallory.at("account-closed").waitFor();
      const begun = Date.now();
      await other.at("account-closed").waitFor();
      await assertSoon(begun, 2_000, "the other page saw the end of the account");
      await mallory.at("account-closed").locator("..").getByText("sends no mail yet").waitFor();
      await open(mallory, "/login");
      await mallory.at("login-name").fill(names.mallory);
      await mallory.at("login-password").fill(passwordOf(names.mallory));
      await mallory.at("login-submit").click();
      await mallory.page.getByText("This account is closed").waitFor();
      const link = linkOf(await mailTo(`${names.mallory}@example.org`, "account_closed"));
      await open(mallory, link);
      await mallory.at("restore-submit").click();
      await mallory.at("account-restored").waitFor();
      await signIn(mallory, "/settings/account");
      await mallory.at("close-open").waitFor();
      assert.deepEqual(mallory.failures, []);
    });
  });
});
