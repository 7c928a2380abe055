/** Cards show what is on air: a still soon after a channel goes live, a newer one by itself, mature ones blurred until somebody chooses. */
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
} from "./harness.mjs";

/** Small samples of a card's still; null while there is none. */
function still(who, name) {
  return who.page.evaluate((id) => {
    const image = document.querySelector(`[data-testid="${id}"]`);
    if (!image?.complete || !image.naturalWidth) return null;
    const canvas = document.createElement("canvas");
    canvas.width = 32;
    canvas.height = 18;
    const draw = canvas.getContext("2d");
    draw.drawImage(image, 0, 0, 32, 18);
    const { data } = draw.getImageData(0, 0, 32, 18);
    const colours = [];
    for (let i = 0; i < data.length; i += 4) colours.push([data[i], data[i + 1], data[i + 2]]);
    return { url: image.src, width: image.naturalWidth, height: image.naturalHeight, colours };
  }, `still-${name}`);
}

describe("stills", { skip }, () => {
  const name = freshName("mira");
  let [owner, visitor] = [];
  let first;
  const scene = stage([], async ({ browser }) => {
    [owner, visitor] = [await person(browser), await person(browser)];
    await registerPerson(owner, name);
  });

  it("a card shows the picture some seconds after going live", async () => {
    await visitor.page.goto(`${BASE}/`);
    const key = await createKey(owner);
    scene.publisher = publish(key, SMALL);
    await visitor.at(`card-${name}`).waitFor();
    const box = await visitor.at(`card-${name}`).boundingBox();
    first = await until("a still", () => still(visitor, name), 10_000);
    assert.deepEqual([first.width, first.height], [640, 360]);
    const spread = Math.max(...first.colours.map(([r, g, b]) => Math.max(r, g, b) - Math.min(r, g, b)));
    assert.ok(spread > 60, `colours, and not grey: ${spread}`);
    const levels = first.colours.map(([r, g, b]) => (r + g + b) / 3);
    assert.ok(Math.max(...levels) - Math.min(...levels) > 60, "a picture, and not a field");
    const after = await visitor.at(`card-${name}`).boundingBox();
    assert.deepEqual([after.width, after.height], [box.width, box.height], "nothing jumps");
  });

  it("and another one later, without being asked", async () => {
    const next = await until(
      "a newer still",
      async () => {
        const seen = await still(visitor, name);
        return seen && seen.url !== first.url && seen;
      },
      45_000,
    );
    const moved = next.colours.filter((colour, i) => Math.abs(colour[0] - first.colours[i][0]) > 16).length;
    assert.ok(moved > 10, `${moved} of ${next.colours.length} samples are others`);
    const again = await fetch(first.url);
    assert.equal(again.headers.get("cache-control"), "public, max-age=31536000, immutable");
    assert.equal(again.headers.get("content-type"), "image/jpeg");
  });

  it("of a mature channel it is blurred until somebody chooses, and then on every page", async () => {
    await owner.page.goto(`${BASE}/dashboard/channel`);
    await owner.at("mature-input").click();
    await owner.at("title-save").click();
    await until("saved", async () => (await owner.at("broadcast-saved").innerText()) === "Saved");
    const blurred = () => visitor.at(`still-${name}`).getAttribute("data-blurred");
    await until("blurred", async () => (await blurred()) === "true");
    await assertClean(visitor.page, "a blurred card");
    await visitor.at(`unblur-${name}`).click();
    assert.equal(await blurred(), "false");
    await visitor.page.goto(`${BASE}/browse`);
    await until("a still", () => still(visitor, name));
    assert.equal(await blurred(), "false");
  });

  it("nothing broke and nothing left the site", () => {
    assert.deepEqual(owner.failures, []);
    assert.deepEqual(visitor.failures, []);
  });
});
