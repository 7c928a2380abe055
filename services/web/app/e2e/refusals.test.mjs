/** What the dashboard says when something is not right: a codec nobody can play, a key that is gone, a picture without sound. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
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

const picture = "exec ffmpeg -hide_banner -loglevel quiet -re -f lavfi -i testsrc2=size=640x360:rate=30";
const OLD_CODEC = `${picture} -c:v flv1 -t 10 -f flv {url}`;
const SILENT = `${picture} -c:v libx264 -preset ultrafast -tune zerolatency -g 30 -pix_fmt yuv420p -f flv {url}`;

describe("what is not right is said in words", { skip }, () => {
  let owner;
  let place;
  const scene = stage([], async ({ browser }) => {
    owner = await person(browser);
    await registerPerson(owner, freshName("rosa"));
    place = await createKey(owner);
  });
  const refusal = (code) => owner.page.locator(`[data-testid=refusal][data-code=${code}]`);

  it("a codec that cannot be taken is named, with what to choose", async () => {
    scene.publisher = publish(place, OLD_CODEC);
    await refusal("codec_unsupported").waitFor();
    await scene.publisher.gone;
    assert.match(await refusal("codec_unsupported").innerText(), /H\.263.*H\.264.*AAC/s);
  });

  it("a deleted key is refused, and the page promises nothing that is gone with it", async () => {
    await owner.at("delete-key").click();
    await owner.at("confirm-delete").click();
    await owner.at("create-key").waitFor();
    assert.doesNotMatch(await owner.at("dashboard-state").innerText(), /below|Press/);
    scene.publisher = publish(place, SILENT);
    await refusal("key_revoked").waitFor();
    await scene.publisher.gone;
  });

  it("a good broadcast with a new key settles both, and missing sound is told", async () => {
    place = await createKey(owner);
    scene.publisher = publish(place, SILENT);
    await untilState(owner, "dashboard-state", "live", 30_000);
    await until("no refusals", async () => (await owner.at("refusal").count()) === 0);
    await until("no sound", async () => /no sound arrives/i.test(await owner.at("coach").innerText()));
    assert.equal(await owner.at("health-sound").innerText(), "None");
  });

  it("what was settled stays so after the end, also after a reload", async () => {
    await scene.publisher.stop();
    await untilState(owner, "dashboard-state", "offline");
    assert.equal(await owner.at("refusal").count(), 0);
    await owner.page.reload();
    await untilState(owner, "dashboard-state", "offline");
    assert.equal(await owner.at("refusal").count(), 0);
  });

  it("no page broke", () => assert.deepEqual(owner.failures, []));
});
