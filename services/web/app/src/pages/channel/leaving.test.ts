/** Ways out of a page with something unsaved, on a history that moves as a browser's does. */
import { beforeEach, describe, expect, it } from "vitest";
import { watchLeaving } from "./leaving";

/** A window's history: moves are told of after they happened. */
class Tab extends EventTarget {
  at = 2;
  readonly history = {
    state: { idx: 2 },
    go: (steps: number) => {
      this.at += steps;
      const state = { idx: this.at };
      this.history.state = state;
      this.dispatchEvent(Object.assign(new Event("popstate"), { state }));
    },
  };
}

describe("leaving", () => {
  let tab: Tab;
  let unsaved: boolean;
  let held: Array<() => void>;
  let shown: string[];
  let router: { push: (to: string) => void; replace: (to: string) => void };
  let end: () => void;

  beforeEach(() => {
    tab = new Tab();
    unsaved = true;
    held = [];
    shown = [];
    router = { push: (to) => shown.push(to), replace: (to) => shown.push(to) };
    const hear = (move: (event: PopStateEvent) => void) => {
      tab.addEventListener("popstate", move as EventListener);
      return () => tab.removeEventListener("popstate", move as EventListener);
    };
    end = watchLeaving(
      router as never,
      { unsaved: () => unsaved, ask: (go) => held.push(go), hear },
      tab as unknown as Window,
    );
    tab.addEventListener("popstate", () => shown.push(`#${tab.at}`));
  });

  it("holds a link until it is answered, and holds nothing where all is saved", () => {
    router.push("/dashboard");
    router.replace("/login");
    expect(shown).toEqual([]);
    held[0]?.();
    expect(shown).toEqual(["/dashboard"]);
    unsaved = false;
    router.push("/browse");
    expect(shown).toEqual(["/dashboard", "/browse"]);
  });

  it("undoes a step back, of which the router hears nothing, and takes it when told", () => {
    tab.history.go(-1);
    expect([tab.at, shown, held.length]).toEqual([2, [], 1]);
    tab.history.go(-2);
    expect([tab.at, shown, held.length]).toEqual([2, [], 2]);
    held[0]?.();
    expect([tab.at, shown]).toEqual([1, ["#1"]]);
  });

  it("asks before the tab is closed only while something is unsaved", () => {
    const close = () => {
      const event = new Event("beforeunload", { cancelable: true });
      tab.dispatchEvent(event);
      return event.defaultPrevented;
    };
    expect(close()).toBe(true);
    unsaved = false;
    expect(close()).toBe(false);
  });

  it("is out of the way when the page is gone", () => {
    end();
    router.push("/browse");
    tab.history.go(-1);
    expect([shown, held]).toEqual([["/browse", "#1"], []]);
  });
});
