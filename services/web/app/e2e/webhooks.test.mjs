/** Webhooks in the browser, with a real receiver: made, tested, failed and sent again; its secret shown once, and by it the signature. */
import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { createServer } from "node:http";
import { after, describe, it } from "node:test";
import { assertClean } from "./axe.mjs";
import { BASE, freshName, person, registerPerson, skip, stage, until } from "./harness.mjs";

/** Answers with `status` and keeps what comes. */
async function receiver() {
  const all = { got: [], status: 204, answer: "" };
  const server = createServer(async (request, response) => {
    let body = "";
    for await (const chunk of request) body += chunk;
    all.got.push({ headers: request.headers, body });
    response.writeHead(all.status).end(all.answer);
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return Object.assign(all, { server, url: `http://127.0.0.1:${server.address().port}/hook` });
}

function isSigned({ headers, body }, secret) {
  const key = Buffer.from(secret.replace(/^whsec_/, ""), "base64");
  const signed = `${headers["webhook-id"]}.${headers["webhook-timestamp"]}.${body}`;
  const mine = `v1,${createHmac("sha256", key).update(signed).digest("base64")}`;
  return headers["webhook-signature"].split(" ").includes(mine);
}

describe("webhooks", { skip }, () => {
  let owner;
  let secret;
  let there;
  const name = freshName("wanda");
  const shots = process.env.STREAMLY_E2E_SHOTS;
  const look = async (what) => {
    if (shots) await owner.page.screenshot({ path: `${shots}/webhooks-${what}.png`, fullPage: true });
  };
  after(() => there?.server.close());
  stage([], async ({ browser }) => {
    owner = await person(browser);
    there = await receiver();
    await registerPerson(owner, name);
  });

  it("are made on a page of the dashboard, and the secret is shown once", async () => {
    await owner.at("to-webhooks").waitFor();
    await owner.page.setViewportSize({ width: 390, height: 844 });
    await look("dashboard-390");
    await owner.page.setViewportSize({ width: 1440, height: 900 });
    await look("dashboard");
    await owner.at("to-webhooks").click();
    await owner.page.waitForURL(`${BASE}/dashboard/webhooks`);
    await owner.page.getByText("None yet.").waitFor();
    await assertClean(owner.page, "without any");
    await owner.at("new-webhook-name").fill("My bot");
    await owner.at("new-webhook-url").fill("http://10.0.0.1/hook");
    await owner.at("new-webhook-save").click();
    const refused = owner.page.getByText("The address leads nowhere on the public internet.");
    await refused.waitFor();
    assert.match(await refused.innerText(), /stream\.outbound\.allow/, "an operator's setting is named");
    assert.equal(await owner.at("new-webhook-url").getAttribute("aria-invalid"), "true");
    assert.equal(
      await owner.at("new-webhook-url").inputValue(),
      "http://10.0.0.1/hook",
      "what was typed stays",
    );
    await assertClean(owner.page, "with an address that is refused");
    await look("refused");
    await owner.at("new-webhook-url").fill(there.url);
    await owner.at("new-webhook-updated").check();
    await owner.at("new-webhook-save").click();
    secret = await owner.at("webhook-secret").innerText();
    assert.match(secret, /^whsec_[A-Za-z0-9+/]{43}=$/);
    await assertClean(owner.page, "with a secret");
    await look("secret");
    await owner.page.setViewportSize({ width: 390, height: 844 });
    const [field, copy] = [
      await owner.at("webhook-secret").boundingBox(),
      await owner.at("copy-webhook-secret").boundingBox(),
    ];
    assert.ok(copy.y === field.y && copy.x > field.x + field.width, "what copies is beside what is copied");
    await owner.page.setViewportSize({ width: 1440, height: 900 });
    await owner.at("webhook-have-it").click();
    await owner.at("webhook-opened").waitFor({ state: "detached" });
    await owner.page.reload();
    await owner.at("webhook-row").waitFor();
    assert.ok(!(await owner.page.content()).includes(secret), "it is not in the page any more");
  });

  it("are tested, and the log says what came back", async () => {
    await owner.at("webhook-test").click();
    await owner.page.locator("[data-testid=delivery][data-state=delivered]").waitFor();
    assert.match(await owner.at("delivery-last").innerText(), /^204 after \d+ ms$/);
    const [test] = there.got;
    assert.ok(isSigned(test, secret), "signed with the secret that was shown");
    assert.equal(JSON.parse(test.body).type, "test");
    assert.equal(JSON.parse(test.body).channel.username, name);
    await owner.at("delivery").locator("summary").click();
    assert.ok((await owner.at("delivery-body").innerText()).includes(test.headers["webhook-id"]));
    await look("tested");
  });

  it("that fail say so, and what failed is sent again under the same id", async () => {
    there.status = 500;
    there.answer = "the bot is broken";
    await owner.page.evaluate(async () => {
      // As another page of the owner's does it.
      const token = await (await fetch("/api/auth/refresh", { method: "POST" })).json();
      await fetch("/api/streams/me", {
        method: "PATCH",
        headers: { Authorization: `Bearer ${token.access_token}`, "Content-Type": "application/json" },
        body: JSON.stringify({ title: "A new title" }),
      });
    });
    await until("it has come", async () => there.got.length === 2);
    const failed = owner.page.locator("[data-testid=delivery][data-type=updated]");
    await until("it is in the log", async () =>
      /^500 after/.test((await failed.getByTestId("delivery-last").allInnerTexts())[0] ?? ""),
    );
    assert.match(await failed.getByTestId("delivery-state").innerText(), /^Again in/);
    await until("the row says so", async () => {
      await owner.page.reload();
      await owner.at("webhook-row").waitFor();
      return (await owner.at("webhook-state").getAttribute("data-mood")) === "warn";
    });
    await owner.at("webhook-show-log").click();
    await failed.locator("summary").click();
    await owner.page.getByText("the bot is broken").first().waitFor();
    await assertClean(owner.page, "with a failure");
    await look("failed");
    await owner.page.setViewportSize({ width: 390, height: 844 });
    await look("failed-390");
    const wide = await owner.page.evaluate(() => document.documentElement.scrollWidth);
    assert.ok(wide <= 390, `nothing is wider than the screen: ${wide}`);
    there.status = 204;
    const before = there.got.length;
    await failed.getByTestId("redeliver").click();
    await until("it has come again", async () => there.got.length > before);
    const ids = there.got
      .filter((g) => JSON.parse(g.body).type === "updated")
      .map((g) => g.headers["webhook-id"]);
    assert.equal(new Set(ids).size, 1);
    await owner.page.locator("[data-testid=delivery][data-type=updated][data-state=delivered]").waitFor();
    await owner.page.setViewportSize({ width: 1440, height: 900 });
  });

  it("get another secret, are changed, switched off and deleted", async () => {
    await owner.at("webhook-rotate").click();
    await owner.at("confirm-rotate-webhook").click();
    const other = await owner.at("webhook-secret").innerText();
    assert.notEqual(other, secret);
    await owner.at("webhook-have-it").click();
    const before = there.got.length;
    await owner.at("webhook-test").click();
    await until("it has come", async () => there.got.length > before);
    const last = there.got.at(-1);
    assert.ok(isSigned(last, other) && isSigned(last, secret), "both sign for a day");
    await owner.at("webhook-edit").click();
    await owner.at("edit-webhook-name").fill("Another name");
    await owner.at("edit-webhook-live").uncheck();
    await look("edit");
    await owner.at("edit-webhook-save").click();
    await owner.at("edit-webhook-save").waitFor({ state: "detached" });
    await owner.page.getByText("Another name").waitFor();
    await owner.at("webhook-switch").click();
    await until("it is off", async () => (await owner.at("webhook-state").innerText()) === "Off");
    assert.ok(await owner.at("webhook-test").isDisabled());
    await owner.at("webhook-delete").click();
    await owner.at("confirm-delete-webhook").click();
    await owner.page.getByText("None yet.").waitFor();
    assert.deepEqual(owner.failures, []);
  });
});
