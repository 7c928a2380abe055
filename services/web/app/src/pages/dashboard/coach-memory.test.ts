/** The coach says what holds, and does not flicker. */
import { expect, it } from "vitest";
import type { Health, Rendition } from "../../api/contract";
import { CoachMemory } from "./coach-memory";

const source: Rendition = {
  name: "source",
  width: 1280,
  height: 720,
  fps: 30,
  bitrate_bps: 2_500_000,
  codecs: "avc1.64001f,mp4a.40.2",
};
const well: Health = {
  video_bitrate_bps: 2_500_000,
  audio_bitrate_bps: 128_000,
  audio_sample_rate: 48_000,
  fps: 30,
};
const bad: Health = { ...well, keyframe_interval_ms: 8_333 };

/** A second a sample; what was said after each. */
function run(coach: CoachMemory, samples: Health[], from = 0): string[][] {
  return samples.map((health, second) =>
    coach.see((from + second) * 1_000, health, [source]).map((a) => a.code),
  );
}
const times = <T>(count: number, value: T): T[] => Array.from({ length: count }, () => value);

it("a condition is said once it has held for four seconds", () => {
  const said = run(new CoachMemory(), times(6, bad));
  expect(said.map((codes) => codes.length)).toEqual([0, 0, 0, 0, 1, 1]);
});

it("one that comes and goes is never said", () => {
  const samples = times(20, [bad, bad, bad, well]).flat();
  expect(run(new CoachMemory(), samples).flat()).toEqual([]);
});

it("one that was said stays through a short break and goes after six seconds", () => {
  const coach = new CoachMemory();
  run(coach, times(6, bad));
  const after = run(coach, [...times(5, well), bad, ...times(8, well)], 6);
  expect(after.map((codes) => codes.length)).toEqual([1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0]);
});

it("drops count while they are new, not for the whole broadcast", () => {
  const coach = new CoachMemory();
  const with_ = (count: number): Health => ({ ...well, drops: [{ reason: "malformed", count }] });
  // A page that is opened late knows nothing of when they were.
  expect(run(coach, times(10, with_(500))).flat()).toEqual([]);
  const rising = run(coach, [501, 504, 507, 510, 513, 516, 516].map(with_), 10);
  expect(rising.at(-1)).toEqual(["malformed"]);
  expect(run(coach, times(50, with_(516)), 17).at(-1)).toEqual([]);
});

it("counts that begin anew are another session, of which nothing is known", () => {
  const coach = new CoachMemory();
  const with_ = (count: number): Health => ({ ...bad, drops: [{ reason: "malformed", count }] });
  expect(run(coach, times(6, with_(90))).at(-1)).toEqual(["long-keyframes"]);
  expect(run(coach, [with_(4)], 6).flat()).toEqual([]);
});

it("a restart of the transcoder is told for some minutes", () => {
  const coach = new CoachMemory();
  run(coach, times(5, { ...well, worker_restarts: 2 }));
  expect(run(coach, times(6, { ...well, worker_restarts: 3 }), 5).at(-1)).toEqual(["restarted"]);
  expect(run(coach, times(200, { ...well, worker_restarts: 3 }), 11).at(-1)).toEqual([]);
});

it("a still picture is not called a low bitrate at once", () => {
  const still = { ...well, video_bitrate_bps: 200_000 };
  const said = run(new CoachMemory(), times(25, still));
  expect(said[15]).toEqual([]);
  expect(said.at(-1)).toEqual(["bitrate-low"]);
});

it("the swing of the bitrate leaves out single seconds", () => {
  const jittery = { ...well, arrival_jitter_ms: 200 };
  const one = [...times(40, jittery), { ...jittery, video_bitrate_bps: 100_000 }, ...times(10, jittery)];
  expect(run(new CoachMemory(), one).flat()).toEqual([]);
  const many = times(30, [jittery, { ...jittery, video_bitrate_bps: 400_000 }]).flat();
  expect(run(new CoachMemory(), many).at(-1)).toEqual(["bitrate-swings"]);
});

it("the figure of the jitter and the coach's word are never at odds", () => {
  const coach = new CoachMemory();
  const late = (jitter: number): Health => ({ ...well, arrival_jitter_ms: jitter });
  // A take-over: a hiccup; then a network that stays bad; then it is good again.
  const samples = [...times(5, 60), ...times(3, 2_645), ...times(9, 70), ...times(12, 900), ...times(8, 80)];
  const seen = samples.map((jitter, second) => {
    const codes = coach.see(second * 1_000, late(jitter), [source]).map((a) => a.code);
    return { second, figure: coach.asShown(second * 1_000, late(jitter)).arrival_jitter_ms, codes };
  });
  expect(seen.slice(0, 4).map(({ figure }) => figure)).toEqual(times(4, undefined));
  for (const { second, figure, codes } of seen) {
    if ((figure ?? 0) >= 400) expect(codes, `second ${second}`).toEqual(["upload-unsteady"]);
  }
  expect(Math.max(...seen.slice(0, 17).map(({ figure }) => figure ?? 0))).toBe(70);
  expect(seen.filter(({ figure }) => figure === 900).length).toBe(8);
  expect(seen.at(-1)).toMatchObject({ figure: 80, codes: [] });
});

it("never more than four sentences, what viewers notice first", () => {
  const awful = { ...bad, audio_sample_rate: 8_000, audio_bitrate_bps: 0, fps: 10, arrival_jitter_ms: 900 };
  const said = run(new CoachMemory(), times(6, awful)).at(-1);
  expect(said).toEqual(["no-sound", "upload-unsteady", "few-frames", "long-keyframes"]);
});
