/** What the worker of pushes (`public/sw.js`) says: of a push in the language that it names, and in English where it names none that it speaks. */
import { readFileSync } from "node:fs";
import { runInNewContext } from "node:vm";
import { expect, it } from "vitest";

interface Shown {
  title: string;
  body?: string;
  lang?: string;
}

/** What is shown of a push with that text, in a browser of that language. */
async function shownOf(text: string, browser = "en-US"): Promise<Shown> {
  const listeners = new Map<string, (event: unknown) => void>();
  const shown: Shown[] = [];
  const self = {
    navigator: { language: browser },
    addEventListener: (name: string, heard: (event: unknown) => void) => listeners.set(name, heard),
    registration: {
      getNotifications: async () => [],
      showNotification: async (title: string, options: object) => shown.push({ title, ...options }),
    },
  };
  runInNewContext(readFileSync("public/sw.js", "utf8"), { self });
  let done: Promise<unknown> = Promise.resolve();
  listeners.get("push")?.({
    data: { json: () => JSON.parse(text) },
    waitUntil: (work: Promise<unknown>) => {
      done = work;
    },
  });
  await done;
  expect(shown).toHaveLength(1);
  return shown[0] as Shown;
}

const live = (language?: string) =>
  JSON.stringify({
    type: "live",
    display_name: "Ada",
    username: "ada",
    title: "Engines",
    category: "Musik",
    ...(language === undefined ? {} : { language }),
  });

it("a live channel is told in the language of the push", async () => {
  expect(await shownOf(live("de"))).toMatchObject({
    title: "Ada ist live",
    body: "Engines\nMusik",
    lang: "de",
  });
  expect(await shownOf(live("en"), "de")).toMatchObject({ title: "Ada is live", lang: "en" });
});

it("of an older server, or in a language that it does not speak, it is English", async () => {
  for (const language of [undefined, "", "pl", "constructor"])
    expect((await shownOf(live(language), "de")).title, language).toBe("Ada is live");
});

it("a test and what cannot be read are in words as well", async () => {
  expect((await shownOf('{"type":"test","language":"de"}')).title).toBe("Benachrichtigungen funktionieren");
  expect((await shownOf('{"type":"test"}')).title).toBe("Notices work");
  expect((await shownOf("junk", "de-AT")).title).toBe("Ein Kanal, dem du folgst, ist live");
  expect((await shownOf("junk", "fr")).title).toBe("A channel that you follow is live");
});

/** The name under which a browser is listed that renewed its subscription, of an account that chose that language. */
async function renewedName(language: string | null, browser: string): Promise<unknown> {
  const listeners = new Map<string, (event: unknown) => void>();
  const sent: { path: string; body?: string }[] = [];
  const self = {
    navigator: { language: browser },
    addEventListener: (name: string, heard: (event: unknown) => void) => listeners.set(name, heard),
  };
  const fetched = async (path: string, init: { body?: string }) => {
    sent.push({ path, ...(init.body === undefined ? {} : { body: init.body }) });
    return { ok: true, json: async () => ({ access_token: "t", user: { language } }) };
  };
  runInNewContext(readFileSync("public/sw.js", "utf8"), { self, fetch: fetched });
  let done: Promise<unknown> = Promise.resolve();
  listeners.get("pushsubscriptionchange")?.({
    newSubscription: { toJSON: () => ({ endpoint: "https://push.example/new" }) },
    waitUntil: (work: Promise<unknown>) => {
      done = work;
    },
  });
  await done;
  expect(sent.map(({ path }) => path)).toEqual(["/api/auth/refresh", "/api/streams/me/notices/browsers"]);
  return JSON.parse(sent[1]?.body ?? "{}").name;
}

it("a browser that renewed itself is listed in the account's language, or in the browser's", async () => {
  expect(await renewedName("de", "en-US")).toBe("Ein Browser, der sich selbst erneuert hat");
  expect(await renewedName("en", "de")).toBe("A browser that renewed itself");
  expect(await renewedName(null, "de-AT")).toBe("Ein Browser, der sich selbst erneuert hat");
  expect(await renewedName(null, "fr")).toBe("A browser that renewed itself");
});
