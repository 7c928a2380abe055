/** Sessions that a tab keeps, on storage as a browser has it. */
import { describe, expect, it } from "vitest";
import { OwnSessions } from "./own-session";

const URL = "/live/maya/index.m3u8";
const LIST = "https://a.example/live/b/0193/720p/index.m3u8?sid=abc&_HLS_msn=7";

class Tab {
  readonly items = new Map<string, string>();
  getItem = (name: string) => this.items.get(name) ?? null;
  setItem = (name: string, value: string) => void this.items.set(name, value);
  removeItem = (name: string) => void this.items.delete(name);
  /** As a browser copies it for a duplicated tab. */
  copy(): Tab {
    const other = new Tab();
    for (const [name, value] of this.items) other.setItem(name, value);
    return other;
  }
}

function open(tab: Tab) {
  const page = new EventTarget();
  const event = (name: string, persisted: boolean) =>
    page.dispatchEvent(Object.assign(new Event(name), { persisted }));
  return {
    sessions: new OwnSessions(() => tab, page),
    hide: (persisted = false) => event("pagehide", persisted),
    show: () => event("pageshow", true),
  };
}

describe("the sessions of a tab", () => {
  it("asks with none at first, then with what the list named, whatever token comes with it", () => {
    const { sessions } = open(new Tab());
    expect(sessions.address(URL)).toBe(URL);
    sessions.heard(`${URL}?token=old`, LIST);
    expect(sessions.address(URL)).toBe(`${URL}?sid=abc`);
    expect(sessions.address(`${URL}?token=new`)).toBe(`${URL}?token=new&sid=abc`);
    expect(sessions.address("/live/noor/index.m3u8")).toBe("/live/noor/index.m3u8");
  });

  it("goes on after a reload, and what is not a session is not asked with", () => {
    const tab = new Tab();
    const before = open(tab);
    before.sessions.heard(URL, LIST);
    before.hide();
    expect(open(tab).sessions.address(URL)).toBe(`${URL}?sid=abc`);
    tab.setItem("streamly.playback", JSON.stringify({ [URL]: "a&b=c", x: 1 }));
    expect(open(tab).sessions.address(URL)).toBe(URL);
    tab.setItem("streamly.playback", "no JSON");
    expect(open(tab).sessions.address(URL)).toBe(URL);
  });

  it("is not shared with a copy of a tab whose page runs, nor of one that came back from the cache", () => {
    const tab = new Tab();
    const before = open(tab);
    before.sessions.heard(URL, LIST);
    expect(open(tab.copy()).sessions.address(URL)).toBe(URL);
    before.hide(true);
    before.show();
    expect(open(tab.copy()).sessions.address(URL)).toBe(URL);
    expect(before.sessions.address(URL)).toBe(`${URL}?sid=abc`);
  });

  it("keeps a preview's apart, and a few at most", () => {
    const { sessions } = open(new Tab());
    sessions.heard(`${URL}?preview=1`, LIST);
    expect(sessions.address(URL)).toBe(URL);
    expect(sessions.address(`${URL}?preview=1`)).toBe(`${URL}?preview=1&sid=abc`);
    for (const name of ["a", "b", "c", "d"]) sessions.heard(`/live/${name}/index.m3u8`, LIST);
    expect(sessions.address(`${URL}?preview=1`)).toBe(`${URL}?preview=1`);
  });

  it("is the same in plain HLS, both ways", () => {
    const { sessions } = open(new Tab());
    sessions.heard(URL, LIST);
    expect(sessions.address(`${URL}?token=t&ll=0`)).toBe(`${URL}?token=t&ll=0&sid=abc`);
    sessions.heard(`${URL}?ll=0`, "https://a.example/live/b/0193/720p/index.m3u8?sid=def&ll=0");
    expect(sessions.address(URL)).toBe(`${URL}?sid=def`);
  });

  it("does without storage where a browser refuses it", () => {
    const refuse = () => {
      throw new DOMException("denied", "SecurityError");
    };
    const page = new EventTarget();
    const sessions = new OwnSessions(refuse, page);
    sessions.heard(URL, LIST);
    page.dispatchEvent(new Event("pagehide"));
    expect(sessions.address(URL)).toBe(`${URL}?sid=abc`);
  });
});
