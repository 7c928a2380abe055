/** What the worker of the app's own files (`public/shell-sw.js`) gives a page, also where the browser's store is full or broken. */
import { readFileSync } from "node:fs";
import { runInNewContext } from "node:vm";
import { expect, it } from "vitest";

const ADDRESS = "https://streamly.example/assets/app-abc.js";

/** Where a page's file comes from, and what the store was told to keep, with a store like that. */
async function given(caches: object): Promise<unknown> {
  const listeners = new Map<string, (event: unknown) => void>();
  const self = {
    location: { origin: "https://streamly.example" },
    addEventListener: (name: string, heard: (event: unknown) => void) => listeners.set(name, heard),
  };
  const answer = { ok: true, type: "basic", status: 200, headers: new Headers(), clone: () => "a copy" };
  const fetched = async () => ({ ...answer, from: "the server" });
  runInNewContext(readFileSync("public/shell-sw.js", "utf8"), { self, caches, fetch: fetched, URL });
  let response: unknown;
  const work: unknown[] = [];
  listeners.get("fetch")?.({
    request: { method: "GET", url: ADDRESS, mode: "cors", destination: "script", headers: new Headers() },
    respondWith: (promised: unknown) => {
      response = promised;
    },
    waitUntil: (promised: unknown) => work.push(promised),
  });
  const { from } = (await response) as { from: string };
  await Promise.all(work);
  return from;
}

const broken = () => Promise.reject(new Error("the store is broken"));

it("a file that is kept comes from the store, another one from the server and into the store", async () => {
  const has = { match: async () => ({ from: "the store" }) };
  expect(await given({ open: async () => has })).toBe("the store");
  const put: unknown[] = [];
  const store = {
    match: async () => undefined,
    put: async (...kept: unknown[]) => void put.push(kept),
    keys: async () => [],
  };
  expect(await given({ open: async () => store })).toBe("the server");
  expect(put).toEqual([[ADDRESS, "a copy"]]);
});

it("a store that cannot be opened, read or written takes no file from a page", async () => {
  for (const caches of [
    { open: broken },
    { open: async () => ({ match: broken, put: broken, keys: broken }) },
    { open: async () => ({ match: async () => undefined, put: broken, keys: broken }) },
  ])
    expect(await given(caches)).toBe("the server");
});
