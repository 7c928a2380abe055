/** Words for a browser that plays none of it. */
import { expect, it } from "vitest";
import { unplayable } from "./unplayable";

it("the codec is named where there is no other", () => {
  expect(unplayable(["hvc1.1.6.L93.90,mp4a.40.2"]).head).toBe("This browser cannot play HEVC video");
  expect(unplayable(["av01.0.04M.08,opus"]).head).toBe("This browser cannot play AV1 video");
});

it("a browser that cannot even play H.264, or knows nothing yet, is told to be renewed", () => {
  const old = "This browser cannot play the stream";
  expect(unplayable(["hvc1.1.6.L93.90,opus", "avc1.64001f,mp4a.40.2"]).head).toBe(old);
  expect(unplayable([]).head).toBe(old);
});
