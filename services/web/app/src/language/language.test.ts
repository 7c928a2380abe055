/** Which language a page speaks that is open while one is chosen elsewhere; with a page made by hand. */
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { language } from "./language";

let store: Map<string, string>;
let page: EventTarget;
let root: { lang: string };

beforeEach(async () => {
  store = new Map();
  page = new EventTarget();
  root = { lang: "" };
  vi.stubGlobal("window", page);
  vi.stubGlobal("document", { documentElement: root });
  vi.stubGlobal("navigator", { languages: ["en-GB"] });
  vi.stubGlobal("localStorage", {
    getItem: (name: string) => store.get(name) ?? null,
    setItem: (name: string, value: string) => void store.set(name, value),
  });
  await language.start([]);
});
afterEach(async () => {
  language.choose("en");
  await speaks("en");
  vi.unstubAllGlobals();
});

const speaks = (tag: string) => vi.waitFor(() => expect([language.get(), root.lang]).toEqual([tag, tag]));
const happens = (what: string, more: object) => page.dispatchEvent(Object.assign(new Event(what), more));

it("another tab's choice is followed, and so is that there is none any more", async () => {
  await speaks("en");
  happens("storage", { key: "language", newValue: "de" });
  await speaks("de");
  happens("storage", { key: null, newValue: null });
  await speaks("en");
});

it("a page that comes back from the browser's memory speaks what was chosen meanwhile", async () => {
  store.set("language", "de");
  happens("pageshow", { persisted: false });
  await speaks("en");
  happens("pageshow", { persisted: true });
  await speaks("de");
});
