/** This browser among those that are pushed to, with a push service that answers, and one that does not. */
import { afterEach, beforeEach, describe, expect, it, test, vi } from "vitest";
import { SIGN_OUT_MS } from "../api/time-limit";
import { session } from "../auth/session";
import {
  browserName,
  FORGET_MS,
  forgetBrowser,
  leaveBrowser,
  SUBSCRIBE_MS,
  subscribeBrowser,
} from "./web-push";

vi.hoisted(() => {
  // No other tabs.
  globalThis.BroadcastChannel = class extends EventTarget {
    postMessage() {}
  } as unknown as typeof BroadcastChannel;
});

test("a browser is named as its owner knows it", () => {
  const agents: [string, string][] = [
    ["Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox on Linux"],
    [
      "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/139.0 Safari/537.36 Edg/139.0",
      "Edge on Windows",
    ],
    [
      "Mozilla/5.0 (Linux; Android 16) AppleWebKit/537.36 Chrome/139.0 Mobile Safari/537.36",
      "Chrome on Android",
    ],
    ["Mozilla/5.0 (Macintosh; Intel Mac OS X 15_0) Version/19.0 Safari/605.1.15", "Safari on macOS"],
    ["something", "A browser"],
  ];
  for (const [agent, name] of agents) expect(browserName(agent)).toBe(name);
});

describe("a push service", () => {
  const NAME = "streamly-push-browser";
  const KEY = "BAAA";
  /** What the server was asked, with whose token. */
  let asked: string[] = [];
  /** What the browser's own part did. */
  let done: string[] = [];
  let kept = new Map<string, string>();
  const never = () => new Promise<never>(() => {});
  const subscription = {
    toJSON: () => ({ endpoint: "https://push.example/x", keys: {} }),
    unsubscribe: async () => {
      done.push("unsubscribe");
      return true;
    },
  };
  const pushes = {
    subscribe: async (): Promise<unknown> => subscription,
    getSubscription: async (): Promise<unknown> => subscription,
  };
  let manager = pushes;

  beforeEach(() => {
    vi.useFakeTimers();
    [asked, done, kept, manager] = [[], [], new Map([[NAME, "b1"]]), { ...pushes }];
    vi.stubGlobal("localStorage", {
      getItem: (name: string) => kept.get(name) ?? null,
      setItem: (name: string, value: string) => void kept.set(name, value),
      removeItem: (name: string) => void kept.delete(name),
    });
    const registration = {
      active: {},
      get pushManager() {
        return manager;
      },
      unregister: async () => void done.push("unregister"),
    };
    const serviceWorker = { register: async () => registration, getRegistration: async () => registration };
    vi.stubGlobal("navigator", { serviceWorker, userAgent: "Firefox/140.0 Linux" });
    vi.stubGlobal("Notification", { requestPermission: async () => "granted" });
    vi.stubGlobal("document", { cookie: "" });
    vi.stubGlobal("fetch", async (path: string, { method, headers }: RequestInit) => {
      asked.push(`${method} ${path} ${(headers as Record<string, string>).Authorization ?? "nobody"}`);
      return method === "POST" && path.endsWith("/browsers")
        ? Response.json({ id: "b2", name: "", made_at: "", told_at: null }, { status: 201 })
        : new Response(null, { status: 204 });
    });
    session.adopt({
      user: { id: "1", username: "ada", display_name: "Ada" },
      access_token: "t",
      expires_in: 900,
    } as Parameters<typeof session.adopt>[0]);
  });
  afterEach(() => {
    session.end("over");
    vi.clearAllTimers();
    vi.useRealTimers();
    vi.unstubAllGlobals();
  });

  it.each(["answers", "never answers"])(
    "that %s keeps no sign-out waiting, and the server is told before it",
    async (how) => {
      if (how === "never answers") manager.getSubscription = never;
      leaveBrowser();
      const left = session.signOut();
      expect(asked[0], "at once").toBe("DELETE /api/streams/me/notices/browsers/b1 Bearer t");
      expect(kept.size, "the next one here is not pushed to under this id").toBe(0);
      await vi.advanceTimersByTimeAsync(0);
      await left;
      expect(session.get()).toEqual({ status: "out", user: null });
      expect(asked.slice(1)).toEqual(["POST /api/auth/logout nobody"]);
      expect(done).toEqual(how === "answers" ? ["unsubscribe", "unregister"] : []);
    },
  );

  it("is left alone by who signs out of a browser that it does not know", async () => {
    kept.clear();
    leaveBrowser();
    await vi.advanceTimersByTimeAsync(SIGN_OUT_MS);
    expect([asked, done]).toEqual([[], []]);
  });

  it("that never answers is waited for no longer than a little to forget this browser", async () => {
    manager.getSubscription = never;
    let over = false;
    void forgetBrowser().then(() => {
      over = true;
    });
    await vi.advanceTimersByTimeAsync(FORGET_MS - 1);
    expect(over).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    expect([over, kept.size]).toEqual([true, 0]);
  });

  it("that answers late takes no newer subscription away", async () => {
    let answer: (found: unknown) => void = () => {};
    manager.getSubscription = () =>
      new Promise((resolve) => {
        answer = resolve;
      });
    void forgetBrowser();
    await vi.advanceTimersByTimeAsync(FORGET_MS);
    expect((await subscribeBrowser(KEY)).id).toBe("b2");
    answer(subscription);
    await vi.advanceTimersByTimeAsync(0);
    expect([done, kept.get(NAME)]).toEqual([[], "b2"]);
  });

  it.each(["subscribe", "getSubscription"] as const)(
    "that never answers %s is said, and nothing is added",
    async (question) => {
      kept.clear();
      manager.subscribe = async () => {
        throw new DOMException("away", "AbortError");
      };
      manager[question] = never;
      let said = "";
      subscribeBrowser(KEY).catch((error: Error) => {
        said = error.message;
      });
      await vi.advanceTimersByTimeAsync(SUBSCRIBE_MS - 1);
      expect(said).toBe("");
      await vi.advanceTimersByTimeAsync(1);
      expect(said).toMatch(/push service did not answer.*Try again later/);
      expect([asked, kept.size]).toEqual([[], 0]);
    },
  );
});
