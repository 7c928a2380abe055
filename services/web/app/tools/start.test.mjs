/** What the page says while its app stays away, with a page made by hand. */
import { afterEach, expect, it, vi } from "vitest";

/** Of the root element, as far as `start.js` changes it. */
const style = { cssText: "" };
const reload = vi.fn();

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
  reload.mockClear();
  style.cssText = "";
});

/** An element, as far as `start.js` uses one. */
function element(name) {
  const children = [];
  return {
    name,
    children,
    className: "",
    setAttribute(key, value) {
      this[key] = value;
    },
    appendChild(child) {
      children.push(child);
      child.remove = () => children.splice(children.indexOf(child), 1);
      return child;
    },
    get firstElementChild() {
      return children[0] ?? null;
    },
  };
}

/** The app's code is there, and shows nothing; or it cannot be had. */
const SILENT = "data:text/javascript,";
const GONE = "data:text/javascript,throw%20new%20Error()";

/** Runs `start.js` on a page with the bar, but over a stream; gives the page's root. */
async function started({ languages, storage, app = SILENT, path = "/" }) {
  vi.useFakeTimers();
  vi.resetModules();
  const root = element("root");
  if (!path.startsWith("/overlay/")) root.appendChild(element("bar"));
  vi.stubGlobal("location", { pathname: path, reload });
  vi.stubGlobal("document", {
    hidden: false,
    documentElement: { style },
    querySelector: (selector) => (selector.startsWith("link") ? { href: app } : null),
    querySelectorAll: () => [],
    getElementById: () => root,
    createElement: element,
  });
  vi.stubGlobal("navigator", { languages });
  vi.stubGlobal("localStorage", storage);
  vi.stubGlobal(
    "PerformanceObserver",
    class {
      observe() {}
    },
  );
  await import("./start.js");
  return root;
}

/** Lets time pass until it is so, five minutes at most. */
async function passesUntil(isSo) {
  for (let second = 0; second < 300 && !isSo(); second++) await vi.advanceTimersByTimeAsync(1_000);
}

const kept = (language) => ({ getItem: () => language });
const refusing = {
  getItem() {
    throw new DOMException("refused", "SecurityError");
  },
};

it.each([
  ["de", ["en-US"], kept("de")],
  ["en", ["de-DE"], kept("en")],
  ["de", ["fr", "de-CH", "en"], kept(null)],
  ["en", ["fr"], kept("xx")],
  ["de", ["de"], refusing],
])("after a while it says, in %s of %j, that it takes longer", async (language, languages, storage) => {
  const root = await started({ languages, storage });
  await vi.advanceTimersByTimeAsync(9_999);
  expect(root.children).toHaveLength(1);
  await vi.advanceTimersByTimeAsync(1);
  const [bar, box] = root.children;
  expect(bar.name).toBe("bar");
  expect(box.role).toBe("status");
  expect(box.lang).toBe(language);
  expect(box.children[0].textContent).toMatch(language === "de" ? /dauert länger/ : /takes longer/);
});

it("says nothing where the app has come", async () => {
  const root = await started({ languages: ["en"], storage: kept(null) });
  root.children.splice(0, 1, element("app"));
  await vi.advanceTimersByTimeAsync(20_000);
  expect(root.children).toHaveLength(1);
});

it("an app that cannot be had is said, with a button", async () => {
  vi.spyOn(console, "error").mockImplementation(() => {});
  const root = await started({ languages: ["en"], storage: kept(null), app: GONE });
  await passesUntil(() => root.children.at(-1).role === "alert");
  const [words, button] = root.children.at(-1).children;
  expect([words.textContent, button.textContent]).toEqual([
    "This page could not be loaded whole. Reload it.",
    "Reload",
  ]);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(reload).not.toHaveBeenCalled();
});

it("over a stream it is not: the page is loaded anew by itself", async () => {
  vi.spyOn(console, "error").mockImplementation(() => {});
  const path = "/overlay/ada/chat";
  const root = await started({ languages: ["en"], storage: kept(null), app: GONE, path });
  await passesUntil(() => reload.mock.calls.length > 0);
  expect(reload).toHaveBeenCalledOnce();
  expect(root.children).toEqual([]);
  expect(style.cssText).toContain("background: transparent");
});
