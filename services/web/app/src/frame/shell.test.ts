/** Whether the server can be reached, which the page without a network asks again and again. */
import { afterEach, expect, it, vi } from "vitest";
import { isReachable } from "./shell";

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

it("it is where it answers well, and nowhere else", async () => {
  vi.stubGlobal("fetch", async () => ({ ok: true }));
  expect(await isReachable()).toBe(true);
  vi.stubGlobal("fetch", async () => ({ ok: false }));
  expect(await isReachable()).toBe(false);
  vi.stubGlobal("fetch", () => Promise.reject(new TypeError("away")));
  expect(await isReachable()).toBe(false);
});

it("a call that nobody answers is called off in time for the next", async () => {
  vi.useFakeTimers();
  const signals: AbortSignal[] = [];
  vi.stubGlobal("fetch", (_: string, { signal }: { signal: AbortSignal }) => {
    signals.push(signal);
    return new Promise(() => {});
  });
  const reached = isReachable();
  await vi.advanceTimersByTimeAsync(8_000);
  expect(await reached).toBe(false);
  expect(signals.map(({ aborted }) => aborted)).toEqual([true]);
});
