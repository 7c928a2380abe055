/** A rung stands out when the coach says so, and never beside the word that all is as it should be. */
import { expect, it } from "vitest";
import type { Rendition } from "../../api/contract";
import { conditions } from "./coach";
import { rungWords } from "./rung-words";

const rung: Rendition = {
  name: "480p",
  width: 854,
  height: 480,
  fps: 30,
  bitrate_bps: 1_000_000,
  codecs: "",
  lag_ms: 300,
  shed: false,
};
const source: Rendition = { ...rung, name: "source", width: 1280, height: 720 };

/** What the coach says of a stream with that rung alone. */
const advice = (late: Rendition) =>
  conditions({ health: {}, renditions: [source, late], drops: {}, restarts: 0, swing: null });

it("one that keeps up has no word", () => {
  expect(rungWords(rung, [])).toBeNull();
});

it("one that is a little behind is told of without a warning, for the coach has none either", () => {
  const late = { ...rung, lag_ms: 1_700 };
  expect(advice(late)).toEqual([]);
  expect(rungWords(late, advice(late))).toEqual({ text: "1.7 s behind", tone: "quiet" });
});

it("one that does not keep up, or is not made, stands out as the coach's sentence does", () => {
  const late = { ...rung, lag_ms: 5_000 };
  expect(rungWords(late, advice(late))).toEqual({ text: "5.0 s behind", tone: "plain" });
  const shed = { ...rung, shed: true };
  expect(rungWords(shed, advice(shed))).toEqual({ text: "not made: the server is busy", tone: "plain" });
  expect(rungWords(shed, [{ code: "shed", grave: true, text: "…" }])?.tone).toBe("warn");
});

it("nothing stands out while the coach has not said it yet", () => {
  expect(rungWords({ ...rung, shed: true }, [])?.tone).toBe("quiet");
  expect(rungWords({ ...rung, lag_ms: 9_000 }, [])?.tone).toBe("quiet");
});
