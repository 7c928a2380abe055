/**
 * Each call of the app, made once: the platform's OpenAPI document has its address and method (`openapi-calls.txt`, by `npm run types`), the
 * parameters that it asks by and the fields that it sends, and `promised-calls` says of it what is so.
 */
import { readdirSync, readFileSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import * as account from "./account";
import * as admin from "./admin";
import * as calls from "./calls";
import * as channels from "./channels";
import * as chat from "./chat";
import * as desk from "./desk";
import * as follows from "./follows";
import * as history from "./history";
import * as notices from "./notices";
import * as qoe from "./qoe";
import * as factor from "./second-factor";
import * as webhooks from "./webhooks";

const PARTS = {
  account,
  admin,
  calls,
  channels,
  chat,
  desk,
  follows,
  history,
  notices,
  qoe,
  factor,
  webhooks,
};
/** Functions that call nobody, and those who ask `web` itself, of which no document speaks. */
const OTHERS = new Set([
  "admin.queryOf",
  "channels.calendarOf",
  "factor.secondStepOf",
  "calls.servers",
  "calls.features",
]);
const UNSAID = ["/api/client", "/api/docs"];

/** Stands for a name, a file, and a signal. */
class Whatever extends String {
  get aborted() {
    return false;
  }
  addEventListener() {}
  removeEventListener() {}
}
const NAME = "~";
const whatever = new Whatever(NAME);

/** What is handed over where that is no name. */
const HANDED: Record<string, unknown[][]> = {
  "account.proveAgain": [[{ password: NAME }], [{ mfa_token: NAME, method: "totp", response: NAME }]],
  "admin.acts": [[{ act: NAME, actor: NAME, subject: NAME }, NAME]],
  "admin.limits": [["user"], ["stream"], ["chat"], ["web"]],
  "calls.register": [[{ username: NAME, email: NAME, password: NAME, invite: NAME, language: "de" }]],
  "calls.login": [[{ login: NAME, password: NAME }]],
  "calls.editOwnStream": [
    [{ title: NAME, category: NAME, tags: [], visibility: "password", password: NAME }],
  ],
  "calls.playbackToken": ["password", "link", "token"].map((proof) => [NAME, { [proof]: NAME }]),
  "channels.channels": [[{ live: true, q: NAME, category: NAME, tag: NAME, language: "de" }, NAME]],
  "channels.editChannel": [
    [
      {
        title: NAME,
        category: NAME,
        tags: [],
        language: "de",
        mature: true,
        bio: NAME,
        links: [],
        panels: [],
        embedding: "sites",
        embed_sites: [],
      },
    ],
  ],
  "channels.saveSchedule": [[{ time_zone: "UTC", entries: [] }]],
  "channels.putPicture": [
    ["avatar", whatever],
    ["banner", whatever],
  ],
  "channels.deletePicture": [["avatar"], ["banner"]],
  "channels.addCategory": [[{ name: NAME, slug: NAME }]],
  "channels.editCategory": [[NAME, { name: NAME, slug: NAME, description: NAME }]],
  "chat.changeSettings": [[NAME, { slow_s: 5 }]],
  "chat.ban": [[NAME, NAME, { duration_s: 60, reason: NAME, note: NAME }]],
  "chat.report": [[{ room: NAME, message_id: NAME, user: NAME, channel: true, category: NAME, text: NAME }]],
  "chat.resolveReport": [[NAME, { outcome: "acted", text: NAME, act: { action: "delete" } }]],
  "chat.openPoll": [[NAME, { question: NAME, options: [], duration_s: 60 }]],
  "factor.secondStep": [[NAME, { method: "totp", response: NAME }]],
  "notices.changeNotices": [[{ page: true, push: true, mail: true }]],
  "notices.addBrowser": [[{ endpoint: NAME, keys: {}, name: NAME }]],
  "webhooks.createWebhook": [[{ name: NAME, url: NAME, events: [] }]],
  "webhooks.editWebhook": [[NAME, { name: NAME, url: NAME, events: [], enabled: true }]],
};

interface Known {
  method: string;
  path: string;
  query: string[];
  /** None: no body; "*": any fields. */
  fields: string[] | "*" | "file" | null;
}

/** "GET /api/streams ?live,q" */
const known: Known[] = readFileSync("src/api/openapi-calls.txt", "utf8")
  .split("\n")
  .filter((line) => line && !line.startsWith("#"))
  .map((line) => {
    const [method = "", path = "", ...more] = line.split(" ");
    const query = more.find((part) => part.startsWith("?"))?.slice(1);
    const body = more.find((part) => !part.startsWith("?"));
    const fields = body?.startsWith("{") ? body.slice(1, -1) : undefined;
    return {
      method,
      path,
      query: named(query),
      fields: body === "file" ? "file" : fields === "*" ? "*" : body ? named(fields) : null,
    };
  });

function named(list: string | undefined): string[] {
  return list ? list.split(",") : [];
}

/** What of `got` is not in a list, and what of the list has to be and is not. */
function unlike(got: string[], list: string[]): string[] {
  const names = list.map((name) => name.replace("!", ""));
  const lacks = list.filter((name) => name.endsWith("!") && !got.includes(name.slice(0, -1)));
  return [...got.filter((name) => !names.includes(name)), ...lacks];
}

/** `{username}` is for a name, and everything else for itself. */
const isAt = (path: string, asked: string) => path.replace(/\{\w+\}/g, NAME) === asked;

const promised = new Map<string, string[]>();
for (const [, name = "", method = "", path = ""] of readFileSync(
  "src/api/promised-calls.ts",
  "utf8",
).matchAll(/\btypeof (\w+\.\w+),\s*"(\w+)",\s*"([^"]+)"/g))
  promised.set(name, [...(promised.get(name) ?? []), `${method.toUpperCase()} ${path}`]);

const made = Object.entries(PARTS).flatMap(([part, members]) =>
  Object.entries(members)
    .map(([name, member]) => ({ name: `${part}.${name}`, call: member as unknown }))
    .filter(({ name, call }) => typeof call === "function" && !OTHERS.has(name)),
) as { name: string; call: (...handed: unknown[]) => Promise<unknown> }[];

const asked: { method: string; url: string; body: unknown }[] = [];

beforeEach(() => {
  asked.length = 0;
  vi.stubGlobal("fetch", async (url: string, { method, body }: RequestInit) => {
    asked.push({ method: method ?? "GET", url, body });
    return new Response(null, { status: 204 });
  });
});

afterEach(() => vi.unstubAllGlobals());

describe("the platform's document knows", () => {
  it.each(made)("what $name asks and sends", async ({ name, call }) => {
    const variants = HANDED[name] ?? [Array.from({ length: call.length }, () => whatever)];
    // What is made of an empty answer does not matter here.
    for (const handed of variants) await call(...handed).catch(() => {});
    expect(asked).toHaveLength(variants.length);
    const found = asked.map(({ method, url, body }) => {
      const { pathname, searchParams } = new URL(url, "http://here");
      const at = known.find((one) => one.method === method && isAt(one.path, pathname));
      if (!at) throw new Error(`there is no ${method} ${pathname}`);
      expect(unlike([...searchParams.keys()], at.query), `query of ${method} ${at.path}`).toEqual([]);
      const sent =
        typeof body === "string" ? Object.keys(JSON.parse(body)) : body === undefined ? [] : "file";
      if (sent === "file" || at.fields === "file")
        expect(at.fields, `body of ${method} ${at.path}`).toBe(sent);
      else if (at.fields !== "*")
        expect(unlike(sent, at.fields ?? []), `body of ${method} ${at.path}`).toEqual([]);
      return `${method} ${at.path}`;
    });
    expect([...new Set(found)].sort(), "promised-calls.ts").toEqual([...(promised.get(name) ?? [])].sort());
  });

  it("every address that stands elsewhere in the app", () => {
    const files = readdirSync("src", { recursive: true, encoding: "utf8" })
      .map((name) => `src/${name}`)
      .filter((name) => /\.tsx?$/.test(name) && !/\.test\.ts$|^src\/api\//.test(name));
    const isKnown = (begin: string, parameter: string | undefined) =>
      known.some(
        ({ path, query }) =>
          `${path}/`.startsWith(`${begin}/`) &&
          (!parameter || (path === begin && query.some((name) => name.replace("!", "") === parameter))),
      );
    const unknown = [...files, "public/sw.js"].flatMap((file) =>
      [...readFileSync(file, "utf8").matchAll(/["'`](\/api\/[\w/-]*\w)(?:\?(\w+)=)?/g)]
        .filter(([, path = "", parameter]) => !UNSAID.includes(path) && !isKnown(path, parameter))
        .map(([text]) => `${file}: ${text.slice(1)}`),
    );
    expect(unknown).toEqual([]);
  });
});

it("nothing is promised of a call that is not made", () => {
  const names = new Set(made.map(({ name }) => name));
  expect([...promised.keys()].filter((name) => !names.has(name))).toEqual([]);
});
