/** Reports on their way: from who makes them, by the channel's desk, to the platform's staff, and the answer back. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { assertClean } from "./axe.mjs";
import { BASE, freshName, person, registerPerson, skip, stage } from "./harness.mjs";
import { assertSeen, choose, enter, say } from "./room.mjs";
import { DATA, employ } from "./staff.mjs";

describe("reports and what becomes of them", { skip }, () => {
  let [owner, noor, omar, stan] = [];
  const names = Object.fromEntries(["maya", "noor", "omar", "stan"].map((n) => [n, freshName(n)]));
  const room = `/${names.maya}`;
  const mine = async () => {
    await noor.page.goto(`${BASE}/account/reports`);
    return noor.at("own-report");
  };
  stage([], async ({ browser }) => {
    [owner, noor, omar, stan] = await Promise.all(Array.from({ length: 4 }, () => person(browser)));
    await registerPerson(owner, names.maya);
    await registerPerson(noor, names.noor);
    await registerPerson(omar, names.omar);
    await registerPerson(stan, names.stan);
  });

  it("the list of one's own is found in one's menu, and says when there is nothing", async () => {
    await noor.at("user-menu").click();
    await noor.at("own-reports").click();
    await noor.page.waitForURL(`${BASE}/account/reports`);
    await noor.page.getByText("You have reported nothing.").waitFor();
  });

  it("what was reported is there with who looks at it, and its answer from the desk", async () => {
    await enter(owner, `/moderation${room}`);
    for (const who of [noor, omar]) await enter(who, room);
    for (const text of ["first bad words", "second bad words"]) {
      await say(omar, text);
      await assertSeen(text, noor);
      await choose(noor, text, "line-more", "line-report");
      await noor.at("report-text").fill(`look at the ${text}`);
      await noor.at("report-submit").click();
      await owner.at("desk-report").filter({ hasText: text }).first().waitFor();
    }
    const desk = (text) => owner.at("desk-report").filter({ hasText: `look at the ${text}` });
    await desk("first bad words").getByRole("textbox").fill("Thank you, noted.");
    await desk("first bad words").getByTestId("report-done").click();
    await desk("second bad words").getByTestId("report-escalate").click();
    await desk("second bad words").waitFor({ state: "detached" });
    const list = await mine();
    const first = list.filter({ hasText: "first bad words" });
    await first.getByText("Thank you, noted.").waitFor();
    assert.equal(await first.getAttribute("data-state"), "acted");
    await first.getByRole("link", { name: names.maya }).waitFor();
    await list.filter({ hasText: "second bad words" }).getByText("The platform's staff will look").waitFor();
    await assertClean(noor.page, "my reports");
  });

  it("a channel is reported from its page, to the platform's staff", async () => {
    await noor.page.goto(`${BASE}${room}`);
    await noor.at("report-channel").click();
    await noor.at("report-back").click();
    await noor.page.waitForURL(`${BASE}${room}`);
    await noor.at("report-channel").click();
    const form = noor.at("report-channel-form");
    await form.getByText("Pretends to be somebody else").click();
    await assertClean(noor.page, "the form for a channel");
    const [ring, quiet] = await form
      .getByRole("radio", { checked: false })
      .first()
      .evaluate((radio) => [
        getComputedStyle(radio).borderTopColor,
        getComputedStyle(document.querySelector("main .text-quiet")).color,
      ]);
    assert.equal(ring, quiet, "one that is not chosen looks as if it could be");
    await noor.at("report-text").fill("this is not maya");
    await noor.at("report-submit").click();
    await noor.page.getByText("The platform's staff have your report").waitFor();
    const report = noor.at("own-report").filter({ hasText: "this is not maya" });
    await report.getByText("About the channel of").waitFor();
    assert.match(await report.innerText(), /Impersonation[\s\S]*The platform's staff will look/);
    assert.equal(await owner.at("desk-report").filter({ hasText: "this is not maya" }).count(), 0);
    await noor.at("report-back").click();
    await noor.page.waitForURL(`${BASE}${room}`);
  });

  it("the platform's queue is for its staff only", async () => {
    await noor.page.goto(`${BASE}/staff/reports`);
    await noor.at("not-staff").waitFor();
    await noor.at("user-menu").click();
    assert.equal(await noor.at("platform-reports-link").count(), 0);
  });

  it("staff resolve what was handed on, and the reporter reads the answer", {
    skip: DATA ? false : "STREAMLY_E2E_DATA is not set",
  }, async () => {
    await employ(names.stan);
    await stan.page.reload();
    await stan.at("user-menu").click();
    await stan.at("platform-reports-link").click();
    await stan.page.waitForURL(`${BASE}/staff/reports`);
    const own = (rows) => rows.filter({ hasText: names.noor });
    const report = own(stan.at("desk-report").filter({ hasText: "second bad words" }));
    await report.getByText(`Reported by ${names.noor}, handed on by ${names.maya}`).waitFor();
    assert.equal(await report.getByTestId("report-escalate").count(), 0, "there is nobody to hand it to");
    await assertClean(stan.page, "the platform's queue");
    await report.getByRole("textbox").fill("That was enough.");
    await report.getByTestId("report-ban").click();
    await report.getByRole("button", { name: /^Ban .* for good$/ }).click();
    await report.waitFor({ state: "detached" });
    await stan.at("tab-resolved").click();
    await own(stan.at("resolved-report").filter({ hasText: "That was enough." })).waitFor();
    const second = (await mine()).filter({ hasText: "second bad words" });
    await second.getByText("That was enough.").waitFor();
    assert.equal(await second.getAttribute("data-state"), "acted");
    await omar.at("ask-unban").waitFor();
  });

  it("nothing went wrong on any page", () => {
    for (const who of [owner, noor, omar, stan]) assert.deepEqual(who.failures, []);
  });
});
