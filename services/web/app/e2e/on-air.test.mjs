/** What is on air, at the desk of the platform's staff: a broadcast with what it costs and what is made of it, and the machine that has it. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { call } from "./api.mjs";
import { assertClean } from "./axe.mjs";
import {
  BASE,
  createKey,
  freshName,
  person,
  publish,
  registerPerson,
  skip,
  stage,
  until,
  untilState,
} from "./harness.mjs";
import { DATA, employ } from "./staff.mjs";

const without = skip || (DATA ? false : "STREAMLY_E2E_DATA is not set");
const TITLE = "What does this cost";

describe("what is on air, at the staff's desk", { skip: without }, () => {
  const [name, staff] = [freshName("cora"), freshName("stu")];
  let [owner, chief] = [];
  const scene = stage([], async ({ browser }) => {
    [owner, chief] = await Promise.all([1, 2].map(() => person(browser, { locale: "en-US" })));
    await registerPerson(owner, name);
    await registerPerson(chief, staff);
    await employ(staff, "moderator");
    await call(name, "PATCH", "/api/streams/me", { title: TITLE });
    scene.publisher = publish(await createKey(owner));
    await untilState(owner, "dashboard-state", "live", 30_000);
    // Alone with the encoders: its preview would only take the machine's time.
    await owner.page.goto("about:blank");
    await chief.page.goto(`${BASE}/admin?tab=live`);
  });
  const row = () => chief.page.locator(`[data-testid=on-air-row][data-name=${name}]`);
  /** The broadcast as the server tells it: `made` are its qualities, without those that are not made for want of room. */
  const told = async () => {
    const { items } = await call(staff, "GET", "/api/admin/broadcasts");
    const found = items.find(({ username }) => username === name);
    return { ...found, made: found.renditions.filter(({ shed }) => !shed) };
  };

  it("is a broadcast with its title, its figures, and the processors that its qualities take", async () => {
    await row().waitFor();
    await until("it costs something", async () =>
      /^\d+\.\d cores$/.test(await row().getByTestId("on-air-cost").innerText()),
    );
    const words = await row().innerText();
    assert.match(words, new RegExp(TITLE));
    assert.match(words, /live/i);
    assert.match(words, /\d [kM]bit\/s · \d+(\.\d)? fps/);
    assert.match(words, /\d+:\d\d/);
    assert.match(words, /\d+ viewers?/);
  });

  it("says how many qualities are made of it, by which encoder and on which machine", async () => {
    const all = await until("a quality beside the source", async () => {
      const { made, node_id } = await told();
      const encoders = [...new Set(made.map(({ encoder }) => encoder).filter(Boolean))];
      return made.length > 1 && encoders.length > 0 && { count: made.length, encoders, node_id };
    });
    const shown = async () => {
      const words = await row().innerText();
      return [`${all.count} qualities`, ...all.encoders, all.node_id].every((word) => words.includes(word));
    };
    await until(`it says ${JSON.stringify(all)}`, shown);
    await assertClean(chief.page, "what is on air");
  });

  it("is on a machine that says what it has: encoders, processors, memory and publishers", async () => {
    const { node_id } = await told();
    const { items } = await call(staff, "GET", "/api/admin/nodes");
    const { machine } = items.find(({ id }) => id === node_id);
    assert.ok(machine, "it tells of itself");
    assert.ok(machine.encoders.length > 0 && machine.cores > 0 && machine.publishers > 0);
    const node = chief.at("node-row").filter({ hasText: node_id });
    const words = await node.innerText();
    assert.match(words, /[1-9]\d* broadcasts?, \d+ viewers?/);
    assert.match(words, /Encoders: /);
    for (const encoder of machine.encoders) assert.ok(words.includes(encoder), `${encoder} in ${words}`);
    assert.ok(words.includes(`of ${machine.cores} cores`), words);
    assert.match(words, /of \d+\.\d GiB/);
    if (machine.max_publishers > 0) assert.match(words, new RegExp(`[1-9]\\d* of ${machine.max_publishers}`));
  });

  it("is gone from the list by itself when it has ended", async () => {
    await scene.publisher.stop();
    await row().waitFor({ state: "detached" });
    await chief.at("admin-on-air").waitFor();
    assert.deepEqual([...owner.failures, ...chief.failures], []);
  });
});
