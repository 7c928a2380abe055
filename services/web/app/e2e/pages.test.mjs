/** Pages that need no broadcast: what does not exist, who may not enter, and what happens without sound permission. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { BASE, freshName, person, registerPerson, skip, stage, until } from "./harness.mjs";
import { focused } from "./room.mjs";

describe("pages without a broadcast", { skip }, () => {
  let who;
  const scene = stage([], async ({ browser }) => {
    who = await person(browser);
  });

  it("a visitor's console has no errors", async () => {
    const visitor = await person(scene.browser);
    const errors = [];
    visitor.page.on("console", (message) => message.type() === "error" && errors.push(message.text()));
    await visitor.page.goto(`${BASE}/`);
    await visitor.at("sign-in").waitFor();
    await visitor.page.waitForLoadState("load");
    await until(
      "the list",
      async () => (await visitor.at("home-list").count()) + (await visitor.at("home-empty").count()) > 0,
    );
    await visitor.context.close();
    assert.deepEqual(errors, []);
  });

  it("an unknown channel says so", async () => {
    await who.page.goto(`${BASE}/${freshName("nobody")}`);
    await who.at("channel-not-found").waitFor();
  });

  it("an address with nothing behind it says so", async () => {
    await who.page.goto(`${BASE}/no/such/page`);
    await who.at("not-found").waitFor();
    await who.at("not-found").getByRole("link").click();
    await who.page.waitForURL(`${BASE}/`);
    await until("the page's content has the focus", async () => (await focused(who)) === "MAIN");
  });

  it("an empty form says what to type, beside each field", async () => {
    await who.page.goto(`${BASE}/login`);
    await who.at("login-submit").click();
    await who.page.getByText("Type your user name or e-mail address.").waitFor();
    await who.page.getByText("Type your password.").waitFor();
    assert.equal(await who.at("form-error").innerText(), "");
    await until("the first has the focus", async () => (await focused(who)) === "login-name");
    await who.page.goto(`${BASE}/register`);
    await who.at("register-submit").click();
    await who.page.getByText("Choose a password of at least 8 characters.").waitFor();
  });

  it("a forgotten password has nothing beside it, as signing in has, and is nothing to come back to", async () => {
    const rail = who.page.getByRole("navigation", { name: "Channels", exact: true });
    await who.page.goto(`${BASE}/browse`);
    await rail.waitFor();
    await who.page.goto(`${BASE}/login`);
    await who.at("forgot-password").click();
    await who.at("forgot-submit").waitFor();
    assert.equal(await rail.count(), 0);
    assert.equal(await who.at("sign-in").getAttribute("href"), "/login");
  });

  it("the dashboard asks a visitor to sign in, and comes back after it", async () => {
    const name = freshName("lena");
    await registerPerson(who, name);
    await who.at("user-menu").click();
    await who.at("sign-out").click();
    await who.at("sign-in").waitFor();
    await who.page.goto(`${BASE}/dashboard`);
    await who.page.waitForURL(/\/login\?next=/);
    await who.at("login-name").fill(name);
    await who.at("login-password").fill("wrong password");
    await who.at("login-submit").click();
    await until("a sentence", async () => /do not match/.test(await who.at("form-error").innerText()));
    assert.equal(await who.at("login-name").inputValue(), name);
    await who.at("login-password").fill(`correct horse ${name}`);
    await who.at("login-submit").click();
    await who.page.waitForURL(`${BASE}/dashboard`);
    await who.at("dashboard-state").waitFor();
  });

  it("keys can be added, replaced and deleted", async () => {
    await who.at("create-key").click();
    assert.match(
      await who.at("secure-server-value").getAttribute("data-value"),
      /^rtmps:\/\/[^/]+:\d+\/live$/,
    );
    const first = await who.at("key-value").getAttribute("data-value");
    // In the order in which OBS asks for them; the encrypted server is the other choice.
    const rows = ["server-value", "key-value", "secure-server-value"].map((id) => who.at(id).boundingBox());
    const [server, key, secure] = await Promise.all(rows);
    assert.ok(server.y < key.y && key.y < secure.y, `${server.y}, ${key.y}, ${secure.y}`);
    await who.at("rotate-key").first().click();
    await who.at("confirm-rotate").click();
    await until("another key", async () => (await who.at("key-value").getAttribute("data-value")) !== first);
    await who.at("new-key-name").fill("Laptop");
    await who.at("add-key").click();
    await until("two keys", async () => (await who.at("key-row").count()) === 2);
    await who.page.getByRole("button", { name: "Show the key “Laptop”" }).waitFor();
    await who.at("key-row").filter({ hasText: "Laptop" }).getByTestId("delete-key").click();
    await who.at("confirm-delete").click();
    await until("one key", async () => (await who.at("key-row").count()) === 1);
  });

  it("nothing broke and nothing left the site", () => assert.deepEqual(who.failures, []));
});
