/**
 * Registering where it is not open to everybody: by an invitation, with the address confirmed first. Only against a platform that was started
 * so: `STREAMLY_USER__REGISTRATION__POLICY=invite STREAMLY_USER__REGISTRATION__CONFIRM_EMAIL_FIRST=true`, and `STREAMLY_E2E_REGISTRATION=invite` here.
 * The first person has to be made by the operator: `STREAMLY_E2E_FIRST` names an account with the password `correct horse NAME`.
 */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, it } from "node:test";
import { BASE, freshName, person, skip, stage, until } from "./harness.mjs";
import { DATA, linkOf, mailTo } from "./mail.mjs";

const without =
  skip || (process.env.STREAMLY_E2E_REGISTRATION === "invite" ? false : "registration is open here");

describe("registration by invitation, with the address confirmed first", { skip: without }, () => {
  let [chief, grace] = [];
  const first = process.env.STREAMLY_E2E_FIRST;
  const name = freshName("grace");
  stage([], async ({ browser }) => {
    [chief, grace] = [await person(browser), await person(browser)];
  });
  const signIn = async (who, login) => {
    await who.page.goto(`${BASE}/login`);
    await who.at("login-name").fill(login);
    await who.at("login-password").fill(`correct horse ${login}`);
    await who.at("login-submit").click();
    await who.page.waitForURL(`${BASE}/`);
  };
  const register = async () => {
    await grace.at("register-username").fill(name);
    await grace.at("register-email").fill(`${name}@example.org`);
    await grace.at("register-password").fill(`correct horse ${name}`);
    await grace.at("register-submit").click();
  };

  it("is refused without an invitation, and works once with one", async () => {
    await signIn(chief, first);
    const token = (await readFile(join(DATA, "secrets", "first-admin"), "utf8")).trim();
    await chief.page.goto(`${BASE}/first-admin#${token}`);
    await chief.at("first-admin-submit").click();
    await chief.at("first-admin-done").waitFor();
    await grace.page.goto(`${BASE}/register`);
    await register();
    await grace.page.getByText("Registration is closed here").waitFor();
    await chief.page.goto(`${BASE}/admin?tab=invitations`);
    await chief.at("invite-note").fill(name);
    await chief.at("invite-submit").click();
    await grace.page.goto(await chief.at("invite-link").innerText());
    await register();
    await until("where the mail is", async () =>
      /in a mail to .*folder data\/mail/.test(await grace.at("register-asked").innerText()),
    );
    await grace.page.goto(linkOf(await mailTo(`${name}@example.org`, "confirm_registration")));
    await grace.at("follow-link").click();
    await grace.at("link-followed").waitFor();
    await signIn(grace, name);
    await chief.page.reload();
    const row = chief.page.locator("[data-testid=invitation-row]", { hasText: name });
    await until("who used it", async () => /Used by/.test(await row.innerText()));
    assert.equal(await row.getByTestId("invitation-back").count(), 0);
    assert.deepEqual([...chief.failures, ...grace.failures], []);
  });
});
