/** Figures as people read them. */
import { expect, it } from "vitest";
import { codecNames } from "./codec-names";
import {
  ago,
  bitrate,
  clock,
  clockSince,
  clockWithSeconds,
  date,
  dateTime,
  dayAndClock,
  exactly,
  moment,
  viewers,
  weekday,
} from "./figures";

it("bit rates, clocks, ages, codecs and viewers read well", () => {
  expect(bitrate(2_534_000)).toBe("2.53 Mbit/s");
  expect(bitrate(128_400)).toBe("128 kbit/s");
  expect(clockSince("2026-01-01T00:00:00Z", Date.parse("2026-01-01T01:02:03Z"))).toBe("1:02:03");
  expect(clockSince("2026-01-01T00:00:00Z", Date.parse("2025-12-31T23:59:59Z"))).toBe("0:00");
  expect(clockSince("nonsense", 0)).toBe("");
  expect(ago("2026-01-01T00:00:00Z", Date.parse("2026-01-01T00:02:00Z"))).toBe("2 minutes ago");
  expect(codecNames("avc1.64001f,mp4a.40.2")).toBe("H.264 High, AAC");
  expect(codecNames("av01.0.04M.08,opus")).toBe("AV1, Opus");
  expect(codecNames("hvc1.2.4.L120.90,mp4a.40.2")).toBe("HEVC, AAC");
  expect(codecNames("zz01.2")).toBe("zz01.2");
  expect(viewers(1)).toBe("1 viewer");
  expect(viewers(0)).toBe("0 viewers");
});

it("what is no time is not said, and breaks nothing", () => {
  const all = [moment, dateTime, exactly, date, clock, clockWithSeconds, dayAndClock, weekday];
  for (const at of ["", "nonsense", "+999999-01-01T00:00:00Z", Number.NaN, 9e15])
    expect(
      all.map((said) => said(at)),
      String(at),
    ).toEqual(all.map(() => ""));
  // Whatever the zone of the machine is.
  expect(exactly(86_400_000)).toContain("1970");
});
