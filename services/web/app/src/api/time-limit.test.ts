/** How long an answer is waited for, with the clock in hand. */
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { api, download, picture, takeTokensFrom } from "./client";
import { Problem, sentence } from "./problem";
import { ANSWER_MS, FILE_MS } from "./time-limit";

type Answering = (signal: AbortSignal) => Promise<Response> | Response;

/** A server that answers as it is told; how often it was asked is counted. */
function serve(...answers: Answering[]) {
  const asked = vi.fn((_path: string, init: RequestInit) => {
    const answering = answers[Math.min(asked.mock.calls.length, answers.length) - 1];
    const signal = init.signal as AbortSignal;
    signal.throwIfAborted();
    return Promise.resolve(answering?.(signal) ?? never(signal));
  });
  vi.stubGlobal("fetch", asked);
  return asked;
}

/** As `fetch` is that nobody answers: it ends when it is called off. */
const never = (signal: AbortSignal) =>
  new Promise<Response>((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));

/** A body that comes a piece every so many ms, and is silent after the last. */
const slowly = (pieces: string[], every: number, ends = true) =>
  new Response(
    new ReadableStream({
      async start(controller) {
        for (const piece of pieces) {
          await new Promise((resolve) => setTimeout(resolve, every));
          controller.enqueue(new TextEncoder().encode(piece));
        }
        if (ends) controller.close();
      },
    }),
    { headers: { "Content-Type": "text/plain" } },
  );

const json = (status: number) => new Response('{"ok":true}', { status });

/** What came of a call so far. */
function fate(call: Promise<unknown>) {
  const seen: { value?: unknown; error?: unknown } = {};
  call.then(
    (value) => {
      seen.value = value;
    },
    (error: unknown) => {
      seen.error = error;
    },
  );
  return seen;
}

const codeOf = ({ error }: { error?: unknown }) => (error instanceof Problem ? error.code : error);
const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
  vi.unstubAllGlobals();
  takeTokensFrom({ token: () => null, renew: async () => null });
});

it("a call that nobody answers ends at the limit, not before, and says so", async () => {
  const asked = serve(never);
  const call = fate(api("/api/x"));
  await pass(ANSWER_MS - 1);
  expect(call).toEqual({});
  await pass(1);
  expect(codeOf(call)).toBe("slow");
  expect((call.error as Problem).status).toBe(0);
  expect(sentence(call.error)).toMatch(/too long to answer/);
  expect(asked).toHaveBeenCalledTimes(1);
  expect(asked.mock.calls[0]?.[1].signal?.aborted).toBe(true);
});

it("what was to be done may have been done, and is not done again", async () => {
  const asked = serve(never);
  const call = fate(api("/api/x", { method: "POST", body: {} }));
  await pass(ANSWER_MS);
  expect(codeOf(call)).toBe("unsure");
  expect(sentence(call.error)).toMatch(/look before you try again/);
  expect(asked).toHaveBeenCalledTimes(1);
});

it("a POST that changes nothing is as good as a read", async () => {
  serve(never);
  const call = fate(api("/api/x", { method: "POST", repeatable: true }));
  await pass(ANSWER_MS);
  expect(codeOf(call)).toBe("slow");
});

it("an answer whose body stays away ends, too", async () => {
  serve(() => slowly(['{"ok":'], 10, false));
  const call = fate(api("/api/x"));
  await pass(ANSWER_MS);
  expect(codeOf(call)).toBe("slow");
});

it("a file has longer, and who calls may say how long", async () => {
  serve(never);
  const file = fate(api("/api/x", { method: "PUT", file: new Blob(["x"]) }));
  const hurried = fate(api("/api/x", { patience: 1_000 }));
  await pass(1_000);
  expect(codeOf(hurried)).toBe("slow");
  await pass(FILE_MS - 1_001);
  expect(file).toEqual({});
  await pass(1);
  expect(codeOf(file)).toBe("unsure");
});

it("who calls can still call it off", async () => {
  serve(never);
  const stop = new AbortController();
  const call = fate(api("/api/x", { signal: stop.signal }));
  await pass(10);
  stop.abort();
  await pass(0);
  expect((call.error as Error).name).toBe("AbortError");
  const atOnce = fate(api("/api/x", { signal: stop.signal }));
  await pass(0);
  expect((atOnce.error as Error).name).toBe("AbortError");
});

it("with a new token a call has the whole time again", async () => {
  takeTokensFrom({ token: () => "old", renew: async () => "new" });
  const later = (ms: number, status: number) => () =>
    new Promise<Response>((resolve) => setTimeout(() => resolve(json(status)), ms));
  serve(later(ANSWER_MS - 1, 401), later(ANSWER_MS - 1, 200));
  const call = fate(api("/api/x"));
  await pass(2 * ANSWER_MS - 2);
  expect(call.value).toEqual({ ok: true });
});

it("a call that ended while the token was renewed is not sent after all", async () => {
  let renewed: (token: string) => void = () => {};
  takeTokensFrom({
    token: () => "old",
    renew: () =>
      new Promise((resolve) => {
        renewed = resolve;
      }),
  });
  const answered = vi.fn(() => json(200));
  serve(() => json(401), answered);
  const call = fate(api("/api/x", { method: "POST", body: {} }));
  await pass(ANSWER_MS);
  // It was refused: that it may have been done is not said.
  expect(codeOf(call)).toBe("slow");
  renewed("new");
  await pass(ANSWER_MS);
  expect(answered).not.toHaveBeenCalled();
});

it("a call whose token could not be renewed says that it takes long while the session goes on, and what it is when that is over", async () => {
  let token: string | null = "old";
  takeTokensFrom({ token: () => token, renew: async () => null });
  serve(() => json(401));
  const call = fate(api("/api/x", { method: "POST", body: {} }));
  await pass(0);
  expect(codeOf(call)).toBe("slow");
  takeTokensFrom({
    token: () => token,
    renew: async () => {
      token = null;
      return null;
    },
  });
  const over = fate(api("/api/x", { method: "POST", body: {} }));
  await pass(0);
  expect((over.error as Problem).status).toBe(401);
});

it("what is repeated with a new token may have been done, when no answer comes", async () => {
  takeTokensFrom({ token: () => "old", renew: async () => "new" });
  serve(() => json(401), never);
  const call = fate(api("/api/x", { method: "POST", body: {} }));
  await pass(ANSWER_MS);
  expect(codeOf(call)).toBe("unsure");
});

it("a download may take its time while something comes, and ends where nothing does", async () => {
  serve(() => slowly(["a", "b", "c"], ANSWER_MS - 1));
  const heard: number[] = [];
  const whole = fate(download("/api/x", (bytes) => heard.push(bytes)));
  await pass(3 * ANSWER_MS);
  expect(whole.value).toBe("abc");
  expect(heard).toEqual([1, 2, 3]);
  serve(() => slowly(["a"], 10, false));
  const stuck = fate(download("/api/x", () => {}));
  await pass(ANSWER_MS + 10);
  expect(codeOf(stuck)).toBe("slow");
});

it("so may a picture", async () => {
  serve(() => slowly(["a", "b"], ANSWER_MS - 1));
  const call = fate(picture("/api/x", new AbortController().signal));
  await pass(2 * ANSWER_MS);
  expect(await (call.value as Blob).text()).toBe("ab");
  expect((call.value as Blob).type).toBe("text/plain");
});
