/** Accounts in the browser: links of mails, passwords, addresses, sessions, the first admin, and what axe-core finds on their pages. */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, it } from "node:test";
import { assertClean } from "./axe.mjs";
import { BASE, freshName, person, registerPerson, skip, stage, until } from "./harness.mjs";
import { DATA, linkOf, mailTo } from "./mail.mjs";

const without = skip || (DATA ? false : "STREAMLY_E2E_DATA is not set");

describe("an account", { skip: without }, () => {
  let [owner, other] = [];
  const name = freshName("maya");
  const address = `${name}@example.org`;
  let password = `correct horse ${name}`;
  const scene = stage([], async ({ browser }) => {
    [owner, other] = [await person(browser), await person(browser)];
    await registerPerson(owner, name);
  });
  const open = (who, path) => who.page.goto(path.startsWith("http") ? path : `${BASE}${path}`);
  const signIn = async (who, login = name) => {
    await open(who, "/login?next=/settings/account");
    await who.at("login-name").fill(login);
    await who.at("login-password").fill(password);
    await who.at("login-submit").click();
    await who.page.waitForURL(`${BASE}/settings/account`);
  };
  const says = (who, id, words) =>
    until(`${id} says ${words}`, async () => words.test(await who.at(id).innerText()));

  it("is confirmed by the link of its first mail, which does not stay in the address bar", async () => {
    await open(owner, "/settings/account");
    await says(owner, "account-verified", /Not confirmed/);
    // The platform of these tests has no mail server, and every promise of a mail says so.
    await says(owner, "address-no-mail", /sends no mail yet: its operator finds it on the page “Mails”/);
    const link = linkOf(await mailTo(address, "confirm_address"));
    await open(owner, link);
    await owner.at("follow-link").waitFor();
    assert.equal(owner.page.url(), `${BASE}/verify-email`);
    await owner.at("follow-link").click();
    await owner.at("link-followed").waitFor();
    await open(owner, "/settings/account");
    await says(owner, "account-verified", /^Confirmed/);
    // Another time it is over, and it says so.
    await open(other, link);
    await other.at("follow-link").click();
    await says(other, "link-used", /If you pressed the button before, all is done/);
    await open(owner, link);
    await owner.at("follow-link").click();
    await says(owner, "link-used", /is confirmed already/);
  });

  it("gets a new password by mail", async () => {
    await open(other, "/login");
    await other.at("forgot-password").click();
    await other.at("forgot-submit").click();
    await other.page.getByText("Type your e-mail address.").waitFor();
    await other.at("forgot-email").fill(address);
    await other.at("forgot-submit").click();
    await says(
      other,
      "forgot-done",
      /^Ask the operator for the link\s+If there is an account.*folder data\/mail\.\s+Back to sign in$/,
    );
    const known = await other.at("forgot-done").innerText();
    await open(other, linkOf(await mailTo(address, "password_reset")));
    await other.at("new-password").fill("password");
    await other.at("reset-submit").click();
    await other.page.getByText("one of the most common passwords").waitFor();
    password = `another horse ${name}`;
    await other.at("new-password").fill(password);
    await other.at("reset-submit").click();
    await other.at("reset-done").waitFor();
    // Of an address without an account the same is said.
    await open(other, "/forgot-password");
    await other.at("forgot-email").fill(`nobody_${address}`);
    await other.at("forgot-submit").click();
    await until("the same words", async () => (await other.at("forgot-done").innerText()) === known);
    await other.at("back-to-sign-in").click();
    await other.at("login-submit").waitFor();
    // Whoever was signed in is not any more.
    await open(owner, "/settings/account");
    await owner.page.waitForURL(/\/login\?next=/);
    await signIn(owner);
  });

  it("asks for the present password before the new one, when that was long ago", async () => {
    await says(owner, "account-password", /asked for first, unless you signed in just now/);
    // The server wants it after ten minutes; here it says so once.
    const old = {
      status: 403,
      contentType: "application/problem+json",
      body: JSON.stringify({ code: "reauth_required", detail: "Sign in again to do this.", status: 403 }),
    };
    await owner.page.route("**/api/auth/me/password", (route) => route.fulfill(old), { times: 1 });
    const next = `a third horse ${name}`;
    await owner.at("new-password").fill(next);
    await owner.at("change-password-submit").click();
    await owner.at("proof-password").fill("not the password");
    await owner.at("proof-submit").click();
    await owner.page.getByText("do not match").waitFor();
    await owner.at("proof-password").fill(password);
    await owner.at("proof-submit").click();
    await owner.at("password-changed").waitFor();
    password = next;
    await mailTo(address, "password_changed");
  });

  it("shows where it is signed in, and ends a session elsewhere", async () => {
    await signIn(other);
    await open(owner, "/settings/account");
    await until("two sessions", async () => (await owner.at("session-row").count()) === 2);
    assert.match(await owner.at("session-row").first().innerText(), /on Linux/);
    await owner.at("end-session").click();
    await until("one session", async () => (await owner.at("session-row").count()) === 1);
    await other.page.reload();
    await other.page.waitForURL(/\/login\?next=/);
  });

  it("changes its address by a mail to the new one, and the old one takes it back", async () => {
    const fresh = `new_${address}`;
    await owner.at("change-email").fill(fresh);
    await owner.at("change-email-submit").click();
    await says(owner, "change-email-asked", /in the mail to new_.*folder data\/mail/);
    await mailTo(address, "change_asked");
    await open(owner, linkOf(await mailTo(fresh, "confirm_change")));
    await owner.at("follow-link").click();
    await owner.at("link-followed").waitFor();
    await open(owner, "/settings/account");
    await says(owner, "account-email", new RegExp(`^${fresh}`));
    await open(other, linkOf(await mailTo(address, "address_changed")));
    await other.at("follow-link").click();
    await other.at("link-followed").waitFor();
    await open(owner, "/settings/account");
    await owner.page.waitForURL(/\/login\?next=/);
    await signIn(owner, address);
  });

  it("becomes the first admin by the operator's link, and reads the mails", async () => {
    const token = (await readFile(join(DATA, "secrets", "first-admin"), "utf8")).trim();
    await open(other, `/first-admin#${token}`);
    await other.at("first-admin-sign-in").waitFor();
    await open(owner, `/first-admin#${token}`);
    await owner.at("first-admin-submit").click();
    await owner.at("first-admin-done").waitFor();
    await open(owner, "/admin/mails");
    const row = owner.page.locator(`[data-testid=mail-row][data-to="${address}"][data-kind=password_reset]`);
    await until("what became of it", async () => /Kept, not sent\./.test(await row.innerText()));
    // The server wants the password again after ten minutes; here it says so once.
    const old = {
      status: 403,
      contentType: "application/problem+json",
      body: JSON.stringify({ code: "reauth_required", detail: "Sign in again to do this.", status: 403 }),
    };
    await owner.page.route("**/api/admin/mails/*", (route) => route.fulfill(old), { times: 1 });
    await row.getByTestId("open-mail").click();
    await owner.at("proof-password").fill(password);
    await owner.at("proof-submit").click();
    await until("its text", async () =>
      /\/reset-password#/.test(await row.getByTestId("mail-text").innerText()),
    );
    const stranger = await person(scene.browser);
    await registerPerson(stranger, freshName("noor"));
    await open(stranger, `/first-admin#${token}`);
    await says(stranger, "first-admin-used", /has an admin already/);
    await open(owner, `/first-admin#${token}`);
    await says(owner, "first-admin-done", /You are an admin already/);
    await open(stranger, "/admin/mails");
    await says(stranger, "not-loaded", /not for you/);
  });

  it("has pages on which axe finds nothing wrong, in both themes", async (t) => {
    const token = "A".repeat(43);
    const pages = [
      ["the account", "/settings/account", () => owner.at("session-row").first()],
      ["the mails", "/admin/mails", () => owner.at("mail-row").first()],
      ["a link", `/verify-email#${token}`, () => owner.at("follow-link")],
      ["a new password", `/reset-password#${token}`, () => owner.at("reset-submit")],
      ["a forgotten password", "/forgot-password", () => owner.at("forgot-submit")],
      ["the first admin", `/first-admin#${token}`, () => owner.at("first-admin-done")],
    ];
    for (const [what, path, whole] of pages) {
      await t.test(what, async () => {
        await open(owner, path);
        await whole().waitFor();
        await assertClean(owner.page, what);
      });
    }
    assert.deepEqual(owner.failures, []);
  });
});
