/** Second factors in the browser: an authenticator app computed here, recovery codes, and passkeys of Chromium's virtual authenticator. */
import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { describe, it } from "node:test";
import { assertClean } from "./axe.mjs";
import { BASE, freshName, person, registerPerson, skip, stage, until } from "./harness.mjs";
import { DATA, mailTo } from "./mail.mjs";
import { employ } from "./staff.mjs";

const without = skip || (DATA ? false : "STREAMLY_E2E_DATA is not set");
const STEP_S = 30;

/** The code of a base32 secret (RFC 6238), some steps from now. */
function codeOf(secret, steps = 0) {
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  const bits = [...secret].map((c) => alphabet.indexOf(c).toString(2).padStart(5, "0")).join("");
  const key = Buffer.from(bits.match(/.{8}/g).map((byte) => Number.parseInt(byte, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 1000 / STEP_S) + steps));
  const mac = createHmac("sha1", key).update(counter).digest();
  const at = mac[19] & 15;
  return String((mac.readUInt32BE(at) & 0x7fffffff) % 1_000_000).padStart(6, "0");
}

/** An authenticator beside a person's page; it has a finger on it unless told otherwise. */
async function authenticatorOf(who) {
  const cdp = await who.context.newCDPSession(who.page);
  await cdp.send("WebAuthn.enable");
  const options = {
    protocol: "ctap2",
    transport: "internal",
    hasResidentKey: true,
    hasUserVerification: true,
    isUserVerified: true,
    automaticPresenceSimulation: true,
  };
  const { authenticatorId } = await cdp.send("WebAuthn.addVirtualAuthenticator", { options });
  return {
    credentials: async () => (await cdp.send("WebAuthn.getCredentials", { authenticatorId })).credentials,
    verified: (isUserVerified) => cdp.send("WebAuthn.setUserVerified", { authenticatorId, isUserVerified }),
  };
}

/** The server wants a recent sign-in after ten minutes; here it says so once. */
const stale = (who, path, method) => {
  let said = false;
  return who.page.route(path, (route) => {
    if (said || (method && route.request().method() !== method)) return route.fallback();
    said = true;
    return route.fulfill({
      status: 403,
      contentType: "application/problem+json",
      body: JSON.stringify({ code: "reauth_required", detail: "Sign in again to do this.", status: 403 }),
    });
  });
};

describe("a second factor", { skip: without }, () => {
  let [owner, key, secret, codes] = [];
  const name = freshName("iris");
  const password = `correct horse ${name}`;
  const settings = `${BASE}/settings/account`;
  const scene = stage([], async ({ browser }) => {
    owner = await person(browser);
    await registerPerson(owner, name);
    key = await authenticatorOf(owner);
  });
  const signOut = async () => {
    await owner.at("user-menu").click();
    await owner.at("sign-out").click();
    await owner.at("sign-in").waitFor();
  };
  const type = async () => {
    await owner.page.goto(`${BASE}/login?next=/settings/account`);
    await owner.at("login-name").fill(name);
    await owner.at("login-password").fill(password);
    await owner.at("login-submit").click();
  };
  const step = async (code) => {
    await owner.at("second-code").fill(code);
    await owner.at("second-submit").click();
  };
  const saysWrong = () => owner.page.getByText("That is not right, or was used already.").waitFor();

  it("is an app, added by its code, with recovery codes that are shown once", async () => {
    await owner.page.goto(settings);
    await owner.at("app-add").click();
    await owner.at("app-qr").waitFor();
    assert.ok(await owner.at("app-qr").evaluate((img) => img.complete && img.naturalWidth > 0), "a picture");
    secret = (await owner.at("app-secret").innerText()).replaceAll(" ", "");
    await owner.at("app-code").fill("000000");
    await owner.at("app-confirm").click();
    await saysWrong();
    await owner.at("app-code").fill(codeOf(secret, -1));
    await owner.at("app-confirm").click();
    await owner.at("recovery-codes").waitFor();
    codes = await owner.at("recovery-code").allInnerTexts();
    assert.equal(codes.length, 10);
    await assertClean(owner.page, "the recovery codes");
    await owner.at("recovery-codes-kept").click();
    await owner.page.locator("[data-testid=recovery-row][data-left='10']").waitFor();
    assert.equal(await owner.at("recovery-code").count(), 0);
    assert.match(await mailTo(`${name}@example.org`, "second_factor_changed"), /app was added/);
  });

  it("is asked for after the password; a wrong code, and one that was used, are refused", async () => {
    await signOut();
    await type();
    await owner.at("second-code").waitFor();
    await owner.at("second-submit").click();
    await owner.page.getByText("Type the code.").waitFor();
    await step("000000");
    await saysWrong();
    await assertClean(owner.page, "the second step");
    await step(codeOf(secret));
    await owner.page.waitForURL(settings);
    const used = codeOf(secret);
    await signOut();
    await type();
    await step(used);
    await saysWrong();
  });

  it("lets in by a recovery code, once", async () => {
    await owner.at("second-use-recovery").click();
    await step(codes[0].toUpperCase());
    await owner.page.waitForURL(settings);
    await owner.page.locator("[data-testid=recovery-row][data-left='9']").waitFor();
    await signOut();
    await type();
    await owner.at("second-use-recovery").click();
    await step(codes[0]);
    await saysWrong();
    await step(codes[1]);
    await owner.page.waitForURL(settings);
  });

  it("is a passkey as well, which is named, and signs in with and without the password", async () => {
    await owner.at("passkey-add").click();
    await owner.at("passkey-row").waitFor();
    assert.equal((await key.credentials()).length, 1);
    await owner.at("passkey-rename").click();
    await owner.at("passkey-name").fill("Blue key");
    await owner.at("passkey-name-save").click();
    await owner.page.getByText("Blue key").waitFor();
    await signOut();
    await owner.page.goto(`${BASE}/login?next=/settings/account`);
    await owner.at("login-passkey").click();
    await owner.page.waitForURL(settings);
    await until("last used", async () => /Last used/.test(await owner.at("passkey-row").innerText()));
    await signOut();
    await type();
    await owner.page.locator("[data-testid=second-step][data-method=passkey]").waitFor();
    await owner.at("second-submit").click();
    await owner.page.waitForURL(settings);
    // Without a finger it is no sign-in of its own.
    await signOut();
    await key.verified(false);
    await owner.page.goto(`${BASE}/login?next=/settings/account`);
    await owner.at("login-passkey").click();
    await owner.page.getByText("No passkey was chosen").waitFor();
    await key.verified(true);
    await owner.at("login-passkey").click();
    await owner.page.waitForURL(settings);
  });

  it("is asked for where a recent sign-in is, and what was wanted goes on", async () => {
    await stale(owner, "**/api/auth/recovery-codes");
    await owner.at("recovery-renew").click();
    await owner.page.getByText("The codes that you have now end").waitFor();
    await owner.at("recovery-renew-cancel").click();
    await owner.at("recovery-renew").click();
    await owner.at("recovery-renew-confirm").click();
    await owner.at("proof-password").fill(password);
    await owner.at("proof-submit").click();
    await owner.at("second-use-recovery").click();
    await step(codes[2]);
    await owner.at("recovery-codes").waitFor();
    codes = await owner.at("recovery-code").allInnerTexts();
    await owner.at("recovery-codes-kept").click();
    // A stream key, by the passkey alone.
    await owner.page.goto(`${BASE}/dashboard`);
    await stale(owner, "**/api/streams/keys", "POST");
    await owner.at("create-key").click();
    await owner.at("reauth-passkey").click();
    await owner.at("key-value").waitFor();
    await owner.page.reload();
    await stale(owner, "**/api/streams/keys/*/reveal");
    await owner.at("reveal-key").click();
    await owner.at("reauth-passkey").click();
    await owner.at("key-value").waitFor();
  });

  it("looks right and has nothing that axe finds, in both themes and on a phone", async (t) => {
    for (const width of [1440, 390]) {
      await t.test(`${width} px`, async () => {
        await owner.page.setViewportSize({ width, height: 900 });
        await owner.page.goto(settings);
        await owner.at("passkey-row").waitFor();
        await assertClean(owner.page, `the account at ${width} px`);
        const wide = await owner.page.evaluate(() => document.documentElement.scrollWidth);
        assert.ok(wide <= width, `${wide} px wide`);
      });
    }
    await owner.page.setViewportSize({ width: 1440, height: 900 });
  });

  it("is removed, and then the password is enough again", async () => {
    await owner.at("passkey-remove").click();
    await owner.page.getByText("Your other second factors stay.").waitFor();
    await owner.at("passkey-remove-confirm").click();
    await until("no passkey", async () => (await owner.at("passkey-row").count()) === 0);
    await stale(owner, "**/api/auth/totp");
    await owner.at("app-remove").click();
    await owner.page.getByText("Your password alone signs you in then").waitFor();
    await owner.at("app-remove-confirm").click();
    await owner.at("proof-password").fill(password);
    await owner.at("proof-submit").click();
    await owner.at("second-use-recovery").click();
    await step(codes[0]);
    await owner.page.locator("[data-testid=app-row][data-on=false]").waitFor();
    await until("no recovery codes", async () => (await owner.at("recovery-row").count()) === 0);
    await signOut();
    await type();
    await owner.page.waitForURL(settings);
    assert.deepEqual(owner.failures, []);
  });

  it("is taken away by an admin from who lost it, for a reason that the log keeps", async () => {
    await owner.at("app-add").click();
    await owner.at("app-qr").waitFor();
    const lost = (await owner.at("app-secret").innerText()).replaceAll(" ", "");
    await owner.at("app-code").fill(codeOf(lost));
    await owner.at("app-confirm").click();
    await owner.at("recovery-codes-kept").click();
    await owner.page.locator("[data-testid=app-row][data-on=true]").waitFor();
    const chief = await person(scene.browser);
    const boss = freshName("chief");
    await registerPerson(chief, boss);
    await employ(boss, "admin");
    const find = async () => {
      await chief.page.goto(`${BASE}/admin`);
      await chief.at("people-search").fill(name);
      const row = chief.page.locator(`[data-testid=person-row][data-name=${name}]`);
      await row.getByTestId("factor-reset").click();
      return row;
    };
    const row = await find();
    await chief.at("factor-submit").click();
    await chief.page.getByText("Say why").waitFor();
    await assertClean(chief.page, "the dialog of a reset");
    await chief.at("factor-reason").fill("lost the phone, seen in person");
    await stale(chief, "**/second-factor", "DELETE");
    await chief.at("factor-submit").click();
    await chief.at("proof-password").fill(`correct horse ${boss}`);
    await chief.at("proof-submit").click();
    await row.getByText("has no second factor any more").waitFor();
    assert.equal(await chief.page.locator("dialog").count(), 0);
    assert.match(await mailTo(`${name}@example.org`, "second_factor_reset"), /\/forgot-password/);
    // Signed out everywhere, and in again by the password alone.
    await owner.page.goto(settings);
    await owner.page.waitForURL(/\/login\?next=/);
    await type();
    await owner.page.waitForURL(settings);
    await owner.page.locator("[data-testid=app-row][data-on=false]").waitFor();
    // There is none to take away any more.
    await find();
    await chief.at("factor-reason").fill("once more");
    await chief.at("factor-submit").click();
    await chief.page.getByText("This account has no second factor.").waitFor();
    await chief.page.goto(`${BASE}/admin?tab=log`);
    await chief.at("acts-subject").fill(name);
    const act = chief.at("act-row").filter({ hasText: `reset the second factor of ${name}` });
    await act.getByText("Reason: lost the phone, seen in person").waitFor();
    await until(
      "only what was done to them is listed",
      async () => (await chief.at("act-row").count()) === 1,
    );
    assert.deepEqual([...owner.failures, ...chief.failures], []);
    await chief.context.close();
  });
});
