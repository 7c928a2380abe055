/** The latency controller against simulated links: hand-made time, parts of 0.2 s, a playhead that obeys the verdicts. */
import { describe, expect, it } from "vitest";
import { LATENCY, LatencyController, RESERVE, rateFor } from "./latency";

interface Link {
  /** Seconds by which the n-th part comes late. */
  delay: (n: number) => number;
  seconds: number;
  /** Buffer at the start. */
  ahead?: number;
  controller?: LatencyController;
}

/** Plays for `seconds`; parts of 0.2 s end at multiples of 0.2 s and arrive then, plus their delay. */
function simulate({ delay, seconds, ahead = 1, controller = new LatencyController() }: Link) {
  const arrivals: Array<{ at: number; end: number }> = [];
  let latest = 0;
  for (let n = 1; n * 0.2 < seconds; n++) {
    latest = Math.max(latest, n * 0.2 + delay(n));
    arrivals.push({ at: latest, end: 10 + n * 0.2 });
  }
  let end = 10;
  let position = 10 - ahead;
  let rate = 1;
  let stalls = 0;
  let still = false;
  let seeks = 0;
  const trace: Array<{ now: number; ahead: number; rate: number; target: number }> = [];
  for (let tick = 0; tick * 0.05 < seconds; tick++) {
    const now = tick * 0.05;
    while (arrivals[0] && arrivals[0].at <= now) {
      const part = arrivals.shift();
      if (part) {
        end = part.end;
        controller.arrived(part.at, end);
      }
    }
    const wanted = position + 0.05 * rate;
    if (wanted > end) {
      if (!still) {
        stalls++;
        controller.stalled(now);
      }
      still = true;
      position = Math.min(end, wanted);
    } else {
      still = false;
      position = wanted;
    }
    const verdict = controller.step({ now, position, bufferedEnd: end, active: true });
    if (verdict.seekTo !== null) {
      seeks++;
      position = verdict.seekTo;
      controller.moved();
    }
    rate = verdict.rate;
    trace.push({ now, ahead: end - position, rate, target: controller.target });
  }
  return { stalls, seeks, trace, controller };
}

const mean = (values: number[]) => values.reduce((a, b) => a + b, 0) / values.length;

describe("on a clean link", () => {
  it("comes from one second to the target within ten, without a stall or a jump", () => {
    const { stalls, seeks, trace } = simulate({ delay: () => 0.02, seconds: 40 });
    expect(stalls).toBe(0);
    expect(seeks).toBe(0);
    const late = trace.filter((t) => t.now > 10).map((t) => t.ahead);
    expect(mean(late)).toBeGreaterThan(0.3);
    expect(mean(late)).toBeLessThan(0.5);
  });

  it("settles at normal speed", () => {
    const { trace } = simulate({ delay: () => 0.02, seconds: 40 });
    const rates = trace.filter((t) => t.now > 20).map((t) => t.rate);
    expect(Math.max(...rates)).toBeLessThanOrEqual(1.04);
    expect(Math.min(...rates)).toBeGreaterThanOrEqual(0.96);
  });

  it("keeps the target at the floor", () => {
    expect(simulate({ delay: () => 0.02, seconds: 30 }).controller.target).toBe(LATENCY.floor);
  });
});

describe("on a jittery link", () => {
  const jittery = (n: number) => ((n * 7919) % 100) / 100 / 2;

  it("raises the target by the jitter and stops stalling", () => {
    const first = simulate({ delay: jittery, seconds: 60 });
    expect(first.controller.target).toBeGreaterThan(0.6);
    const late = simulate({ delay: jittery, seconds: 30, ahead: 0.9, controller: first.controller });
    expect(late.stalls).toBeLessThanOrEqual(1);
  });

  it("comes back to the floor when the link is clean again", () => {
    const { controller } = simulate({ delay: jittery, seconds: 30 });
    const grown = controller.target;
    controller.moved();
    // Fresh clock: the second run starts at zero again, so stalls of the first lie in the future and keep it calm-less
    // for a moment only.
    const after = simulate({ delay: () => 0.02, seconds: 120, ahead: grown, controller });
    expect(after.controller.target).toBeLessThan(grown);
    expect(after.controller.target).toBeCloseTo(LATENCY.floor, 1);
  });
});

describe("with a reserve", () => {
  const smooth = () => Object.assign(new LatencyController(), { reserve: RESERVE.smooth });
  /** Nothing comes for two seconds, then all of it at once; every twenty seconds. */
  const holes = (n: number) => (n % 100 === 60 ? 2 : 0.02);

  it("bridges holes that stall who is as live as possible, and is where it was behind them", () => {
    const low = simulate({ delay: holes, seconds: 90 });
    expect(low.stalls).toBeGreaterThanOrEqual(4);
    expect(low.controller.stalls).toBe(low.stalls);
    const { stalls, seeks, trace, controller } = simulate({
      delay: holes,
      seconds: 90,
      ahead: RESERVE.smooth + LATENCY.floor,
      controller: smooth(),
    });
    expect([stalls, seeks, controller.stalls]).toEqual([0, 0, 0]);
    const behindHole = trace.filter(({ now }) => now > 30 && now < 32).map(({ ahead }) => ahead);
    expect(mean(behindHole)).toBeCloseTo(controller.target, 0);
  });

  it("is that much farther from live on a clean link, at normal speed", () => {
    const { trace, controller } = simulate({
      delay: () => 0.02,
      seconds: 40,
      ahead: RESERVE.smooth + LATENCY.floor,
      controller: smooth(),
    });
    expect(controller.target).toBe(RESERVE.smooth + LATENCY.floor);
    const late = trace.filter(({ now }) => now > 20);
    expect(mean(late.map(({ ahead }) => ahead))).toBeCloseTo(controller.target, 0);
    expect(Math.max(...late.map(({ rate }) => rate))).toBeLessThanOrEqual(1.04);
  });

  it("is reached by playing slower where nothing older is in hand, and left by a jump", () => {
    const { trace, stalls, controller } = simulate({
      delay: () => 0.02,
      seconds: 60,
      ahead: 0.5,
      controller: smooth(),
    });
    expect(stalls).toBe(0);
    expect(trace.at(-1)?.ahead).toBeGreaterThan(3);
    controller.reserve = RESERVE.low;
    const verdict = controller.step({ now: 60, position: 10, bufferedEnd: 13.4, active: true });
    expect(verdict.seekTo).toBeCloseTo(13.4 - LATENCY.floor, 1);
  });
});

describe("the target", () => {
  it("grows after a stall and is bounded", () => {
    const controller = new LatencyController();
    controller.stalled(10);
    expect(controller.target).toBeCloseTo(0.6);
    for (let i = 1; i < 50; i++) controller.stalled(10 + i * 2);
    expect(controller.target).toBe(LATENCY.ceiling);
  });

  it("takes stalls close together for one", () => {
    const controller = new LatencyController();
    controller.stalled(10);
    controller.stalled(10.3);
    expect(controller.target).toBeCloseTo(0.6);
  });

  it("does not shrink before it has been calm for long enough", () => {
    const controller = new LatencyController();
    controller.step({ now: 10, position: 0, bufferedEnd: 0.5, active: true });
    controller.stalled(10);
    for (let now = 10; now < 17; now += 0.05)
      controller.step({ now, position: now, bufferedEnd: now + 0.5, active: true });
    expect(controller.target).toBeCloseTo(0.6);
    for (let now = 17; now < 30; now += 0.05)
      controller.step({ now, position: now, bufferedEnd: now + 0.5, active: true });
    expect(controller.target).toBeCloseTo(LATENCY.floor);
  });

  it("is not raised by old media fetched at the start", () => {
    const controller = new LatencyController();
    // Three seconds of old parts come within 2.1 s, then the edge is reached.
    for (let n = 0; n < 15; n++) controller.arrived(n * 0.14, 10 + n * 0.2);
    for (let n = 0; n < 20; n++) controller.arrived(2.1 + n * 0.2, 13 + n * 0.2);
    expect(controller.jitter).toBeLessThan(0.1);
  });

  it("is not raised for long by an outage, which no buffer would have bridged", () => {
    const controller = new LatencyController();
    for (let n = 0; n < 20; n++) controller.arrived(n * 0.2, 10 + n * 0.2);
    for (const at of [4, 4.5, 5, 5.5, 6]) controller.stalled(at);
    for (let n = 0; n < 40; n++) controller.arrived(12 + n * 0.05, 14 + n * 0.2);
    expect(controller.jitter).toBeLessThan(0.1);
    expect(controller.target).toBeLessThan(0.7);
  });
});

describe("far behind", () => {
  it("jumps to the target before the end of the buffer, once", () => {
    const controller = new LatencyController();
    const verdict = controller.step({ now: 1, position: 0, bufferedEnd: 5, active: true });
    expect(verdict.seekTo).toBeCloseTo(5 - LATENCY.floor);
    const next = controller.step({ now: 1.05, position: 0, bufferedEnd: 5, active: true });
    expect(next.seekTo).toBeNull();
  });

  it("plays faster when it is only a little far", () => {
    const { seeks, trace } = simulate({ delay: () => 0.02, seconds: 10, ahead: 1.4 });
    expect(seeks).toBe(0);
    expect(Math.max(...trace.map((t) => t.rate))).toBeGreaterThan(1.06);
  });
});

describe("while paused, hidden or rewound", () => {
  it("leaves the rate alone and never seeks", () => {
    const controller = new LatencyController();
    for (let now = 0; now < 10; now += 0.05) {
      expect(controller.step({ now, position: 0, bufferedEnd: 20, active: false })).toEqual({
        rate: 1,
        seekTo: null,
      });
    }
  });
});

describe("the rate", () => {
  it("is bounded and never falls as the excess rises", () => {
    let before = 0;
    for (let excess = -3; excess <= 3; excess += 0.01) {
      const rate = rateFor(excess);
      expect(rate).toBeGreaterThanOrEqual(LATENCY.slowest);
      expect(rate).toBeLessThanOrEqual(LATENCY.fastest);
      expect(rate).toBeGreaterThanOrEqual(before);
      before = rate;
    }
  });

  it("is exactly one near the target", () => {
    for (const excess of [-0.04, 0, 0.04]) expect(rateFor(excess)).toBe(1);
  });
});

describe("plain HLS", () => {
  const plain = (segment = 2) => Object.assign(new LatencyController(), { segment });
  const step = (controller: LatencyController, now: number, ahead: number, active = true) =>
    controller.step({ now, position: 100, bufferedEnd: 100 + ahead, active });

  it("keeps three segments in hand at normal speed, whatever the saw-tooth of arrivals", () => {
    const controller = plain();
    expect([controller.target, controller.lasting]).toEqual([6, 6]);
    for (const [i, ahead] of [3, 5, 7, 5, 9, 4].entries())
      expect(step(controller, i, ahead)).toEqual({ rate: 1, seekTo: null });
  });

  it("jumps where it is much more, once in a while, and not while it only watches", () => {
    const controller = plain();
    expect(step(controller, 10, 20, false).seekTo).toBeNull();
    expect(step(controller, 10, 20).seekTo).toBe(114);
    expect(step(controller, 11, 20).seekTo).toBeNull();
    expect(step(controller, 13, 20).seekTo).toBe(114);
  });

  it("tells nothing of what parts need", () => {
    const controller = plain(4);
    for (let n = 0; n < 10; n++) controller.arrived(n * 4 + (n % 2), n * 4);
    controller.stalled(50);
    expect(controller.stalls).toBe(1);
    controller.segment = 0;
    expect([controller.target, controller.lasting, controller.jitter]).toEqual([LATENCY.floor, 0, 0]);
  });
});
