/** What is kept is found again, and a browser that refuses storage breaks nothing. */
import { afterEach, expect, it, vi } from "vitest";
import { keep, kept, keptJson } from "./kept";

afterEach(() => vi.unstubAllGlobals());

function storage() {
  const all = new Map<string, string>();
  return {
    getItem: (name: string) => all.get(name) ?? null,
    setItem: (name: string, value: string) => void all.set(name, value),
    removeItem: (name: string) => void all.delete(name),
  };
}

it("keeps apart what the browser and what the tab remembers, until it is forgotten", () => {
  vi.stubGlobal("localStorage", storage());
  vi.stubGlobal("sessionStorage", storage());
  keep("browser", "a", "1");
  keep("tab", "a", '{"b":2}');
  expect([kept("browser", "a"), keptJson("tab", "a")]).toEqual(["1", { b: 2 }]);
  keep("browser", "a", null);
  expect([kept("browser", "a"), kept("tab", "a")]).toEqual([null, '{"b":2}']);
  keep("tab", "a", "no JSON");
  expect(keptJson("tab", "a")).toBeNull();
});

it("forgets where storage is refused, or not there at all", () => {
  const refuse = () => {
    throw new DOMException("The operation is insecure.", "SecurityError");
  };
  for (const store of [{ getItem: refuse, setItem: refuse, removeItem: refuse }, undefined]) {
    vi.stubGlobal("localStorage", store);
    keep("browser", "a", "1");
    keep("browser", "a", null);
    expect([kept("browser", "a"), keptJson("browser", "a")]).toEqual([null, null]);
  }
});
