/** What becomes of a page whose dark or light is chosen, here or in another tab; with a page made by hand. */
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { theme } from "./theme";

interface Meta {
  name: string;
  content: string;
  remove: () => void;
}

let dataset: Record<string, string>;
/** Elements that name the colour of the browser's bar, without those of `index.html`. */
let bars: Meta[];
let store: Map<string, string>;
let page: EventTarget;

beforeEach(() => {
  dataset = {};
  bars = [];
  store = new Map();
  page = new EventTarget();
  const meta = (): Meta => {
    const own: Meta = { name: "", content: "", remove: () => void bars.splice(bars.indexOf(own), 1) };
    return own;
  };
  vi.stubGlobal("document", {
    documentElement: { dataset },
    createElement: meta,
    head: {
      querySelector: () => bars[0] ?? null,
      prepend: (bar: Meta) => {
        bars = [bar, ...bars.filter((other) => other !== bar)];
      },
    },
  });
  vi.stubGlobal("window", page);
  vi.stubGlobal("location", { pathname: "/ada" });
  vi.stubGlobal("localStorage", {
    getItem: (name: string) => store.get(name) ?? null,
    setItem: (name: string, value: string) => void store.set(name, value),
    removeItem: (name: string) => void store.delete(name),
  });
});
afterEach(() => {
  theme.choose("system");
  vi.unstubAllGlobals();
});

const look = () => [theme.get(), dataset.theme, bars.map(({ content }) => content)];
const elsewhere = (key: string, newValue: string | null) =>
  page.dispatchEvent(Object.assign(new Event("storage"), { key, newValue }));

it("what was chosen is there at the start, and what is none is the device's", () => {
  store.set("theme", "light");
  theme.start();
  expect(look()).toEqual(["light", "light", ["#f9fafc"]]);
  store.set("theme", "pink");
  theme.start();
  expect(look()).toEqual(["system", undefined, []]);
});

it("a choice is shown, kept and told, and the device's leaves nothing behind", () => {
  const heard = vi.fn();
  const end = theme.subscribe(heard);
  theme.start();
  for (const [chosen, bar] of [
    ["dark", "#0d0f14"],
    ["light", "#f9fafc"],
  ] as const) {
    theme.choose(chosen);
    expect(look()).toEqual([chosen, chosen, [bar]]);
    expect(store.get("theme")).toBe(chosen);
  }
  theme.choose("system");
  expect(look()).toEqual(["system", undefined, []]);
  expect(store.has("theme")).toBe(false);
  expect(heard).toHaveBeenCalledTimes(4);
  end();
  theme.choose("dark");
  expect(heard).toHaveBeenCalledTimes(4);
});

it("another tab's choice is followed, and nothing else that it keeps", () => {
  theme.start();
  elsewhere("theme", "dark");
  expect(look()).toEqual(["dark", "dark", ["#0d0f14"]]);
  elsewhere("language", "light");
  expect(theme.get()).toBe("dark");
  elsewhere("theme", null);
  expect(look()).toEqual(["system", undefined, []]);
});

it("all that was kept is cleared elsewhere, and the choice with it", () => {
  store.set("theme", "dark");
  theme.start();
  store.clear();
  page.dispatchEvent(Object.assign(new Event("storage"), { key: null, newValue: null }));
  expect(look()).toEqual(["system", undefined, []]);
});

it("a page that comes back from the browser's memory shows what was chosen meanwhile; one that is new has done so", () => {
  theme.start();
  store.set("theme", "light");
  const shown = (persisted: boolean) =>
    page.dispatchEvent(Object.assign(new Event("pageshow"), { persisted }));
  shown(false);
  expect(theme.get()).toBe("system");
  shown(true);
  expect(look()).toEqual(["light", "light", ["#f9fafc"]]);
});

it("a browser that keeps nothing shows what is chosen until the page goes", () => {
  vi.stubGlobal("localStorage", undefined);
  theme.start();
  theme.choose("light");
  expect(look()).toEqual(["light", "light", ["#f9fafc"]]);
});

it.each(["/overlay/ada/chat", "/embed/ada"])("%s has a look of its own", (pathname) => {
  vi.stubGlobal("location", { pathname });
  store.set("theme", "light");
  theme.start();
  elsewhere("theme", "dark");
  expect(look()).toEqual(["system", undefined, []]);
});
