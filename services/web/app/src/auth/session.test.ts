/** Signing out where the server answers, and where it does not. */
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { SIGN_OUT_MS } from "../api/time-limit";
import { session } from "./session";

const user = { id: "1", username: "ada", display_name: "Ada" };
const signedIn = { user, access_token: "t", expires_in: 900 };
let asked: string[] = [];

/** The server, from now on: what comes of each call. */
function answering(answer: (path: string) => Promise<Response> | Response): void {
  vi.stubGlobal("fetch", async (path: string, init: RequestInit) => {
    asked.push(path);
    const signal = init.signal as AbortSignal;
    const cut = new Promise<never>((_, reject) =>
      signal.addEventListener("abort", () => reject(signal.reason)),
    );
    return Promise.race([answer(path), cut]);
  });
}

const gone = () => new Response(null, { status: 204 });
const away = () => Promise.reject(new TypeError("away"));
const silent = () => new Promise<Response>(() => {});
const state = () => {
  const now = session.get();
  return now.status === "out" ? (now.why ?? "out") : now.status;
};

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal("document", { cookie: "" });
  asked = [];
  session.adopt(signedIn);
});
afterEach(() => {
  vi.clearAllTimers();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

it("is over when the server says so, and nothing more is asked", async () => {
  answering(gone);
  await session.signOut();
  expect(state()).toBe("out");
  expect(session.token()).toBeNull();
  await vi.advanceTimersByTimeAsync(600_000);
  expect(asked).toEqual(["/api/auth/logout"]);
});

it("is over here where the server is away, says that it was not told, and tells it when it is back", async () => {
  answering(away);
  await session.signOut();
  expect(state()).toBe("untold");
  expect(session.token()).toBeNull();
  expect(await session.tellAgain()).toBe(false);
  expect(state()).toBe("untold");
  answering(gone);
  await vi.advanceTimersByTimeAsync(30_000);
  expect(state()).toBe("out");
  expect(new Set(asked)).toEqual(new Set(["/api/auth/logout"]));
});

it("does not wait long for a server that is silent", async () => {
  answering(silent);
  const done = session.signOut();
  await vi.advanceTimersByTimeAsync(SIGN_OUT_MS - 1);
  expect(state()).toBe("in");
  await vi.advanceTimersByTimeAsync(1);
  await done;
  expect(state()).toBe("untold");
});

it("whoever signs in meanwhile is not signed out by it", async () => {
  answering(away);
  await session.signOut();
  answering((path) => (path.endsWith("/login") ? Response.json(signedIn) : gone()));
  asked = [];
  await session.signIn("ada", "correct horse");
  await vi.advanceTimersByTimeAsync(120_000);
  expect(state()).toBe("in");
  expect(asked).toEqual(["/api/auth/login"]);
});

it("a sign-in waits until the server has heard of the sign-out before it", async () => {
  answering(away);
  await session.signOut();
  let answer: (response: Response) => void = () => {};
  answering((path) =>
    path.endsWith("/login")
      ? Response.json(signedIn)
      : new Promise((resolve) => {
          answer = resolve;
        }),
  );
  asked = [];
  const told = session.tellAgain();
  const done = session.signIn("ada", "correct horse");
  await vi.advanceTimersByTimeAsync(0);
  expect(asked).toEqual(["/api/auth/logout"]);
  answer(gone());
  await Promise.all([told, done]);
  expect(asked).toEqual(["/api/auth/logout", "/api/auth/login"]);
  expect(state()).toBe("in");
});
