/** The shapes that the app is checked against are those of the platform that runs. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { isCurrent } from "../tools/types.mjs";
import { BASE, skip } from "./harness.mjs";

describe("the OpenAPI document", { skip }, () => {
  it("says what src/api/openapi.d.ts says", async () => {
    assert.ok(await isCurrent(BASE), `npm run types -- ${BASE} writes it anew`);
  });
});
