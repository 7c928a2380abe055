/** What the page says while its app stays away, with a page made by hand. */
import { afterEach, expect, it, vi } from "vitest";

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
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

/** Runs `start.js` on a page with the bar whose app shows nothing; gives its root. */
async function started({ languages, storage }) {
  vi.useFakeTimers();
  vi.resetModules();
  const root = element("root");
  root.appendChild(element("bar"));
  vi.stubGlobal("document", {
    hidden: false,
    // The app's code is there, and shows nothing.
    querySelector: (selector) => (selector.startsWith("link") ? { href: "data:text/javascript," } : null),
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
