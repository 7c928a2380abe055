/** What broke where nobody can press anything is gone, is told, and comes back by itself. */
import { createElement } from "react";
import { renderToStaticMarkup } from "react-dom/server";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { Unattended, UnattendedInObs } from "./unattended";

const { tellError } = vi.hoisted(() => ({ tellError: vi.fn() }));
vi.mock("../frame/errors", () => ({ tellError }));

const reload = vi.fn();
const store = new Map<string, string>();

beforeEach(() => {
  vi.useFakeTimers();
  vi.spyOn(console, "error").mockImplementation(() => {});
  vi.stubGlobal("location", { reload });
  vi.stubGlobal("sessionStorage", {
    getItem: (name: string) => store.get(name) ?? null,
    setItem: (name: string, value: string) => store.set(name, value),
    removeItem: (name: string) => store.delete(name),
  });
});

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
  reload.mockClear();
  tellError.mockClear();
  store.clear();
});

it("shows nothing of what broke", () => {
  const page = new Unattended({ children: "a chat" });
  expect(renderToStaticMarkup(page.render())).toBe("a chat");
  page.state = Unattended.getDerivedStateFromError();
  expect(page.render()).toBeNull();
});

it("loads the page anew, later after each crash", () => {
  const crash = new Error("broke");
  for (const seconds of [5, 10, 20]) {
    new Unattended({ children: "a chat" }).componentDidCatch(crash);
    vi.advanceTimersByTime(seconds * 1_000 - 1);
    expect(reload).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
    expect(reload).toHaveBeenCalledOnce();
    reload.mockClear();
  }
  expect(tellError.mock.calls).toEqual([[crash], [crash], [crash]]);
});

it("a window of its own is unattended in OBS alone", () => {
  const guards = () => (UnattendedInObs({ children: createElement("p") }) as { type: unknown }).type;
  vi.stubGlobal("window", {});
  expect(guards()).toBe("p");
  vi.stubGlobal("window", { obsstudio: {} });
  expect(guards()).toBe(Unattended);
});
