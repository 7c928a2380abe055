/** What the page has before it is shown, with a page made by hand; and that each colour of it is the same wherever it is written. */
import { readFileSync } from "node:fs";
import { afterEach, expect, it, vi } from "vitest";

afterEach(() => vi.unstubAllGlobals());

const read = (file) => readFileSync(new URL(file, import.meta.url), "utf8");

/** Runs `theme.js`; gives what it did to the page. */
async function themed(storage, pathname = "/ada") {
  vi.resetModules();
  const dataset = {};
  const metas = [];
  vi.stubGlobal("localStorage", storage);
  vi.stubGlobal("location", { pathname });
  vi.stubGlobal("document", {
    documentElement: { dataset },
    head: { prepend: ({ name, content }) => metas.unshift([name, content]) },
    createElement: () => ({}),
  });
  await import("./theme.js");
  return [dataset.theme, metas];
}

const kept = (theme) => ({ getItem: (name) => (name === "theme" ? theme : null) });

it("what was chosen is there", async () => {
  expect(await themed(kept("dark"))).toEqual(["dark", [["theme-color", "#0d0f14"]]]);
  expect(await themed(kept("light"))).toEqual(["light", [["theme-color", "#f9fafc"]]]);
});

it.each([null, "system", "pink", "constructor"])("of %s it is the device's", async (chosen) => {
  expect(await themed(kept(chosen))).toEqual([undefined, []]);
});

it("it is the device's where nothing is kept, over streams and in other people's pages", async () => {
  expect(await themed(undefined)).toEqual([undefined, []]);
  for (const path of ["/overlay/ada/chat", "/embed/ada"])
    expect(await themed(kept("light"), path), path).toEqual([undefined, []]);
});

it("light is the same by choice and by the device, and has what dark has", () => {
  const css = read("../src/theme/tokens.css");
  const blocks = [...css.matchAll(/^ *(:root[^{]*) \{([^}]*)\}/gm)].map(([, selector, body]) => [
    selector,
    body
      .split(";")
      .map((line) => line.trim())
      .filter(Boolean),
  ]);
  const [dark, wanted, chosen] = blocks;
  expect(blocks.map(([selector]) => selector)).toEqual([
    ":root",
    ':root:where(:not([data-theme="dark"]))',
    ':root:where([data-theme="light"])',
  ]);
  expect(chosen[1]).toEqual(wanted[1]);
  const names = ([, body]) => body.map((line) => line.split(":")[0]);
  expect(names(chosen)).toEqual(names(dark));
  expect(dark[1][0]).toBe("color-scheme: dark");
  expect(chosen[1][0]).toBe("color-scheme: light");
});

it("the browser's bar has the same colours in each file that names them", () => {
  const colours = (file) => [...new Set(read(file).match(/#[0-9a-f]{6}\b/g))].sort();
  const both = ["#0d0f14", "#f9fafc"];
  expect(colours("theme.js")).toEqual(both);
  expect(colours("../src/theme/theme.ts")).toEqual(both);
  const named = [...read("../index.html").matchAll(/name="theme-color" content="(#\w+)"/g)];
  expect(named.map(([, colour]) => colour)).toEqual(both);
});
