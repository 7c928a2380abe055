/** Choices outlive the page, and a browser that refuses storage is no reason to fail. */
import { afterEach, expect, it, vi } from "vitest";
import { chosenBefore, keepChoice } from "./choices";

afterEach(() => {
  vi.unstubAllGlobals();
});

it("what was chosen is there the next time, each choice by itself", () => {
  const kept = new Map<string, string>();
  vi.stubGlobal("localStorage", {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => kept.set(key, value),
  });
  keepChoice("latency", "smooth");
  keepChoice("keys", "off");
  const choices = ["latency", "keys", "theatre"] as const;
  expect(choices.map(chosenBefore)).toEqual(["smooth", "off", null]);
});

it("without storage nothing is remembered and nothing fails", () => {
  const refuse = () => {
    throw new DOMException("refused", "SecurityError");
  };
  vi.stubGlobal("localStorage", { getItem: refuse, setItem: refuse });
  keepChoice("theatre", "on");
  expect(chosenBefore("theatre")).toBeNull();
});
