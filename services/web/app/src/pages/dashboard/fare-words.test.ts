import { describe, expect, it } from "vitest";
import type { CoursePoint } from "../../api/history";
import type { FareMinute } from "../../api/qoe";
import { UNKNOWN } from "../history/figures-of";
import { fareFigures, verdict, waiting, waitingPoints } from "./fare-words";

const NOW = Date.parse("2026-11-28T19:10:00Z");
const ago = (minutes: number) => new Date(NOW - minutes * 60_000).toISOString();

const fare: FareMinute = {
  at: ago(1),
  viewers: 12,
  watched_s: 600,
  stalled_s: 0,
  stalls: 0,
  starts: 2,
  start_median_s: 0.8,
  start_p95_s: 2.45,
  behind_median_s: 1.2,
  errors: { network: 0, media: 0, unsupported: 0 },
  rungs: [{ height: 720, watched_s: 600 }],
  frames_decoded: 18_000,
  frames_dropped: 0,
};
const point: CoursePoint = {
  at: ago(1),
  viewers: 12,
  peak_viewers: 12,
  messages: 0,
  bitrate_bps: 2_000_000,
  fps: 30,
  arrival_jitter_ms: 10,
  lag_ms: 200,
  frames_dropped: 0,
  reconnects: 0,
};
const rung = (height: number) => ({
  name: `${height}p`,
  width: height * 2,
  height,
  fps: 30,
  bitrate_bps: 1_000_000,
  codecs: "",
});
const LADDER = [{ ...rung(1080), name: "source" }, rung(720), rung(480)];

const judge = (
  minute: Partial<FareMinute>,
  course: Partial<CoursePoint> = {},
  renditions = LADDER,
  viewers = 12,
) =>
  verdict({
    minutes: [{ ...fare, ...minute }],
    points: [{ ...point, ...course }],
    renditions,
    viewers,
    now: NOW,
  });

describe("the sentence on how viewers fare", () => {
  it("says that all is well, of one too", () => {
    expect(judge({}).text).toBe("Your 12 viewers watch without a break.");
    expect(judge({ viewers: 1 }, {}, LADDER, 1)).toEqual({
      code: "well",
      tone: "good",
      text: "Your viewer watches without a break.",
    });
  });

  it("knows nothing before players told something, and of what is long ago", () => {
    expect(judge({ watched_s: 2 }).code).toBe("unknown");
    expect(judge({ at: ago(6), stalled_s: 600 }).code).toBe("unknown");
    expect(judge({ watched_s: 0 }, {}, LADDER, 0).text).toBe("Nobody watches right now.");
    expect(judge({}, {}, LADDER, 0).code, "they have left").toBe("nobody");
  });

  it("says that they wait, of which minutes, and by whose fault, and leaves the share to the figures", () => {
    const waits = { stalled_s: 20 };
    expect(judge({ stalled_s: 6 }).text).toBe("In the last five minutes your viewers waited now and then.");
    expect(judge(waits).text).not.toMatch(/%/);
    expect(judge(waits).text).toMatch(
      /^In the last five minutes your viewers waited often\. Their connections are unsteady/,
    );
    const low = [
      { height: 480, watched_s: 500 },
      { height: 720, watched_s: 100 },
    ];
    expect(judge({ ...waits, rungs: low }).text).toMatch(/carry less than your lowest quality, 480p/);
    expect(judge(waits, {}, [rung(720)]).code).toBe("single");
    expect(judge(waits, {}, [rung(720), { ...rung(480), shed: true } as never]).code).toBe("single");
    expect(judge(waits, { lag_ms: 4_000 }).code).toBe("server");
    expect(judge(waits, { arrival_jitter_ms: 900, lag_ms: 4_000 }).code).toBe("upload");
    expect(judge(waits, { reconnects: 1 })).toMatchObject({ code: "upload", tone: "warn" });
    expect(judge(waits, { at: ago(9), reconnects: 1 }).code).toBe("links");
  });
});

describe("figures of the half hour", () => {
  it("have units, and nothing where nobody said", () => {
    const values = fareFigures({ ...fare, stalled_s: 12, errors: { network: 2, media: 0, unsupported: 1 } });
    expect(values.map(({ value }) => value)).toEqual(["2%", "0.8 s", "1.2 s", "3", "720p"]);
    expect(values[1]?.note).toBe("19 of 20 within 2.5 s");
    expect(values[3]?.note).toBe("2 of the network, 1 without the codec");
    const none = { start_median_s: null, start_p95_s: null, behind_median_s: null, rungs: [], watched_s: 0 };
    const unknown = fareFigures({ ...fare, ...none }).map(({ value }) => value);
    expect(unknown).toEqual([UNKNOWN, UNKNOWN, UNKNOWN, "0", UNKNOWN]);
  });

  it("are a course with gaps where nobody watched", () => {
    const minutes = [8, 7, 3].map((n) => ({ ...fare, at: ago(n), stalled_s: n === 7 ? 600 : 0 }));
    expect(waitingPoints(minutes).map(({ y }) => y)).toEqual([0, 50, null, 0]);
    expect(waiting({ watched_s: 0, stalled_s: 0 })).toBeNull();
  });
});
