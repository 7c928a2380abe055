/** What a playback tells, from the first look to the last beacon; the browser's `fetch` is where it ends. */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Telling } from "./telling";

const LIST = "/live/b/0193/720p/index.m3u8?sid=abc";
const TICK = 0.05;

describe("what a playback tells", () => {
  const sent: { url: string; body: Record<string, unknown> | null }[] = [];
  let status: number | null;
  let page: EventTarget;
  let clock: number;
  let video: { currentTime: number; seeking: boolean; videoHeight: number };
  let telling: Telling;

  beforeEach(() => {
    sent.length = 0;
    status = 204;
    clock = 1_000;
    page = new EventTarget();
    vi.stubGlobal("performance", { now: () => clock * 1_000 });
    vi.stubGlobal("document", Object.assign(new EventTarget(), { hidden: false }));
    vi.stubGlobal("addEventListener", page.addEventListener.bind(page));
    vi.stubGlobal("removeEventListener", page.removeEventListener.bind(page));
    vi.stubGlobal("fetch", async (url: string, { body, keepalive, method }: RequestInit) => {
      expect([method, keepalive]).toEqual(["POST", true]);
      sent.push({ url, body: body ? JSON.parse(body as string) : null });
      if (status === null) throw new TypeError("no network");
      return { status };
    });
    video = { currentTime: 50, seeking: false, videoHeight: 720 };
    telling = new Telling(video as unknown as HTMLVideoElement, () => 1.5);
  });
  afterEach(() => {
    telling.close();
    vi.unstubAllGlobals();
  });

  const look = (seconds: number, moves: boolean, awaited = true) => {
    for (let n = 0; n < Math.round(seconds / TICK); n++) {
      clock += TICK;
      if (moves) video.currentTime += TICK;
      telling.look(clock, telling.started || moves, moves, awaited);
    }
  };
  /** What tells is loaded by then. */
  const loaded = async () => {
    await import("./teller");
    await Promise.resolve();
  };
  const begin = async (first = 0.8) => {
    telling.begin(clock);
    look(first, false);
    telling.heard(clock, LIST);
    look(TICK, true);
    await loaded();
  };

  it("is how long the first picture took, then how it went on", async () => {
    await begin();
    look(12, true);
    const [first] = sent;
    expect(first?.url).toBe("/live/b/0193/beacon?sid=abc");
    expect(first?.body).toMatchObject({ start_ms: 850, behind_ms: 1_500, height: 720 });
    look(25, true);
    expect(sent.length).toBeGreaterThanOrEqual(2);
    expect(sent.slice(1).every(({ body }) => body?.start_ms === undefined)).toBe(true);
    const watched = sent.reduce((sum, { body }) => sum + Number(body?.watched_ms), 0);
    expect(watched).toBeGreaterThan(20_000);
    expect(watched).toBeLessThan(37_100);
  });

  it("is no start where the page was not seen, or a click was wanted", async () => {
    await begin();
    telling.begin(clock);
    telling.heard(clock, LIST);
    look(1, false, false);
    look(12, true);
    await loaded();
    telling.end();
    expect(sent.at(-1)?.body?.start_ms).toBeUndefined();
    expect(sent.at(-1)?.body?.watched_ms).toBeGreaterThan(0);
  });

  it("goes out when the page is left or hidden, and when it is over", async () => {
    await begin();
    look(2, true);
    page.dispatchEvent(new Event("pagehide"));
    expect(sent).toHaveLength(1);
    page.dispatchEvent(new Event("pagehide"));
    expect(sent, "nothing new").toHaveLength(1);
    look(1, true);
    Object.assign(document, { hidden: true });
    document.dispatchEvent(new Event("visibilitychange"));
    expect(sent).toHaveLength(2);
    look(8, true, false);
    expect(sent, "unseen").toHaveLength(2);
    look(5, true, false);
    expect(sent[2]?.body, "somebody listens, and asks for nothing").toBeNull();
    look(1, true);
    telling.close();
    expect(sent.at(-1)?.body?.watched_ms).toBeGreaterThan(900);
  });

  it("is told with the next beacon where one was lost", async () => {
    await begin();
    status = null;
    look(3, true);
    page.dispatchEvent(new Event("pagehide"));
    await vi.waitFor(() => expect(sent).toHaveLength(1));
    await Promise.resolve();
    status = 204;
    look(12, true);
    expect(sent[1]?.body).toMatchObject({ start_ms: 850 });
    expect(Number(sent[1]?.body?.watched_ms)).toBeGreaterThan(10_000);
  });

  it("is at once that nothing can be played, to whom the list of renditions named", async () => {
    telling.begin(clock);
    telling.heard(clock, LIST);
    telling.failed("unsupported");
    telling.heard(clock, null);
    await loaded();
    await vi.waitFor(() => expect(sent).toHaveLength(1));
    expect(sent[0]).toEqual({ url: "/live/b/0193/beacon?sid=abc", body: { errors: { unsupported: 1 } } });
  });

  it("is nothing where no address names a session", async () => {
    telling.begin(clock);
    telling.heard(clock, "/live/b/0193/720p/index.m3u8");
    look(1, true);
    await loaded();
    look(30, true);
    telling.close();
    expect(sent).toEqual([]);
  });
});
