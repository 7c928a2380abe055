/** Signing out where the server answers, and where it does not; and what comes of renewals and sign-ins beside it. */
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { SIGN_OUT_MS } from "../api/time-limit";
import { session } from "./session";

/** The other tabs: what they say. */
const tabs = vi.hoisted(() => {
  const heard: EventTarget[] = [];
  globalThis.BroadcastChannel = class extends EventTarget {
    constructor() {
      super();
      heard.push(this);
    }
    postMessage() {}
  } as unknown as typeof BroadcastChannel;
  return {
    say: (data: string) => {
      for (const tab of heard) tab.dispatchEvent(new MessageEvent("message", { data }));
    },
  };
});

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

it("a token that is good for months is not renewed all the time", async () => {
  answering(() => Response.json({ ...signedIn, expires_in: 90 * 86_400 }));
  session.adopt({ ...signedIn, expires_in: 90 * 86_400 });
  await vi.advanceTimersByTimeAsync(60_000);
  expect([state(), asked]).toEqual(["in", []]);
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

/** A call's answer that comes when it is let out. */
function later() {
  let answer: (response: Response) => void = () => {};
  const promise = new Promise<Response>((resolve) => {
    answer = resolve;
  });
  return { promise, answer };
}

/** Web Locks as browsers have them, of one name: one after the other, whichever tab asks. */
function withLocks() {
  let last: Promise<unknown> = Promise.resolve();
  const request = <T>(_name: string, run: () => Promise<T>): Promise<T> => {
    const mine = last.then(run);
    last = mine.catch(() => {});
    return mine;
  };
  vi.stubGlobal("navigator", { locks: { request } });
  return request;
}

const refused = () => Response.json({ code: "session_ended" }, { status: 401 });

it.each([
  ["succeeds", () => Response.json(signedIn)],
  ["is refused", refused],
  ["fails", () => new Response(null, { status: 503 })],
])("a renewal under way that %s after a sign-out undoes nothing of it", async (_how, answer) => {
  const renewal = later();
  answering((path) => (path.endsWith("/refresh") ? renewal.promise : silent()));
  const renewed = session.renew();
  const done = session.signOut();
  await vi.advanceTimersByTimeAsync(SIGN_OUT_MS);
  await done;
  renewal.answer(answer());
  expect(await renewed).toBeNull();
  expect(state()).toBe("untold");
  expect(session.token()).toBeNull();
  asked = [];
  answering(gone);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(asked).toEqual(["/api/auth/logout"]);
  expect(state()).toBe("out");
});

it("nor after a sign-out in another tab, and nothing is renewed from then on", async () => {
  const renewal = later();
  answering(() => renewal.promise);
  const renewed = session.renew();
  tabs.say("out");
  expect(state()).toBe("tab");
  renewal.answer(Response.json(signedIn));
  expect(await renewed).toBeNull();
  expect(state()).toBe("tab");
  asked = [];
  expect(await session.renew()).toBeNull();
  await vi.advanceTimersByTimeAsync(1_000_000);
  expect(asked).toEqual([]);
});

it("who signs in in another tab is signed in here, whatever is under way of the session before", async () => {
  const renewal = later();
  answering(() => renewal.promise);
  void session.renew();
  tabs.say("out");
  answering(() => Response.json(signedIn));
  tabs.say("in");
  await vi.advanceTimersByTimeAsync(0);
  expect(state()).toBe("in");
});

it("a sign-out waits for a renewal under way no longer than for a silent server, and ends what that brought", async () => {
  withLocks();
  const renewal = later();
  answering((path) => (path.endsWith("/refresh") ? renewal.promise : gone()));
  void session.renew();
  await vi.advanceTimersByTimeAsync(0);
  const done = session.signOut();
  await vi.advanceTimersByTimeAsync(SIGN_OUT_MS);
  await done;
  expect(state()).toBe("untold");
  expect(asked).toEqual(["/api/auth/refresh"]);
  renewal.answer(Response.json(signedIn));
  await vi.advanceTimersByTimeAsync(30_000);
  expect(asked).toEqual(["/api/auth/refresh", "/api/auth/logout"]);
  expect(state()).toBe("out");
});

it.each([
  ["login", () => session.signIn("ada", "correct horse")],
  ["mfa", () => session.finishSignIn("step", { method: "totp", response: "123456" })],
  ["passkeys/sign-in", () => session.signInByPasskey({})],
])("a sign-out is not told while somebody signs in by %s", async (way, enter) => {
  answering(away);
  await session.signOut();
  const answer = later();
  answering((path) => (path.endsWith(`/${way}`) ? answer.promise : gone()));
  asked = [];
  const done = enter();
  await vi.advanceTimersByTimeAsync(15_000);
  expect(await session.tellAgain()).toBe(false);
  answer.answer(Response.json(signedIn));
  await done;
  await vi.advanceTimersByTimeAsync(60_000);
  expect(asked).toEqual([`/api/auth/${way}`]);
  expect(state()).toBe("in");
});

it("after a sign-in in vain the server is told of the sign-out all the same", async () => {
  answering(away);
  await session.signOut();
  answering((path) => (path.endsWith("/login") ? refused() : gone()));
  await expect(session.signIn("ada", "wrong horse")).rejects.toThrow();
  await vi.advanceTimersByTimeAsync(30_000);
  expect(asked.at(-1)).toBe("/api/auth/logout");
  expect(state()).toBe("out");
});

it("the second step waits, too, until the server has heard of the sign-out before it", async () => {
  answering(away);
  await session.signOut();
  const leaving = later();
  answering((path) => (path.endsWith("/mfa") ? Response.json(signedIn) : leaving.promise));
  asked = [];
  void session.tellAgain();
  const done = session.finishSignIn("step", { method: "totp", response: "123456" });
  await vi.advanceTimersByTimeAsync(0);
  expect(asked).toEqual(["/api/auth/logout"]);
  leaving.answer(gone());
  await done;
  expect(asked).toEqual(["/api/auth/logout", "/api/auth/mfa"]);
});

it("a sign-out that waits for another tab's sign-in is not told any more: the cookie is the new session's", async () => {
  const lock = withLocks();
  answering(away);
  await session.signOut();
  answering(() => Response.json(signedIn));
  asked = [];
  const theirs = later();
  void lock("streamly-refresh", () => theirs.promise);
  void session.tellAgain();
  tabs.say("in");
  theirs.answer(gone());
  await vi.advanceTimersByTimeAsync(60_000);
  expect(asked).toEqual(["/api/auth/refresh"]);
  expect(state()).toBe("in");
});
