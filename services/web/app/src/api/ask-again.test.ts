/** What is pushed while the first answer is on its way is not missed. */
import { QueryClient, QueryObserver } from "@tanstack/react-query";
import { expect, test, vi } from "vitest";
import { afterwards, askAgain } from "./ask-again";

const KEY = ["desk", "room", "holds"];

/** A client whose answers come when they are let out, with how often it was asked. */
function asked() {
  const client = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  const waiting: Array<(answer: string) => void> = [];
  const observer = new QueryObserver(client, {
    queryKey: KEY,
    queryFn: () => new Promise<string>((done) => waiting.push(done)),
  });
  const stop = observer.subscribe(() => {});
  return { client, waiting, stop, data: () => client.getQueryData(KEY) };
}

test("a push amid the first answer asks once more after it", async () => {
  const { client, waiting, stop, data } = asked();
  await expect.poll(() => waiting.length).toBe(1);
  const again = askAgain(client, ["desk", "room"]);
  waiting[0]?.("old");
  await expect.poll(() => waiting.length).toBe(2);
  waiting[1]?.("new");
  await again;
  expect(data()).toBe("new");
  stop();
});

test("a push amid a later answer asks anew at once", async () => {
  const { client, waiting, stop, data } = asked();
  await expect.poll(() => waiting.length).toBe(1);
  waiting[0]?.("first");
  await expect.poll(data).toBe("first");
  void askAgain(client, KEY);
  await expect.poll(() => waiting.length).toBe(2);
  const again = askAgain(client, KEY);
  await expect.poll(() => waiting.length).toBe(3);
  waiting[2]?.("newest");
  await again;
  expect(data()).toBe("newest");
  stop();
});

test("what fails is asked again too", async () => {
  const client = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  let times = 0;
  let fail: (why: Error) => void = () => {};
  const observer = new QueryObserver(client, {
    queryKey: KEY,
    queryFn: () => {
      times += 1;
      return times === 1 ? new Promise<string>((_, no) => (fail = no)) : Promise.resolve("there");
    },
  });
  const stop = observer.subscribe(() => {});
  await expect.poll(() => times).toBe(1);
  const again = askAgain(client, KEY);
  fail(new Error("away"));
  await again;
  expect(client.getQueryData(KEY)).toBe("there");
  stop();
});

test("what succeeded waits for what it changed, and not without end", async () => {
  vi.useFakeTimers();
  let over = 0;
  let shown: (what: unknown) => void = () => {};
  const settled = (ask: () => Promise<unknown>, error: Error | null) =>
    void afterwards(ask)(undefined, error).then(() => over++);
  settled(
    () =>
      new Promise((resolve) => {
        shown = resolve;
      }),
    null,
  );
  await vi.advanceTimersByTimeAsync(500);
  expect(over).toBe(0);
  shown(null);
  await vi.advanceTimersByTimeAsync(0);
  expect(over).toBe(1);
  settled(() => new Promise(() => {}), null);
  await vi.advanceTimersByTimeAsync(1_999);
  expect(over).toBe(1);
  await vi.advanceTimersByTimeAsync(1);
  expect(over).toBe(2);
  settled(() => new Promise(() => {}), new Error("away"));
  await vi.advanceTimersByTimeAsync(0);
  expect(over).toBe(3);
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});
