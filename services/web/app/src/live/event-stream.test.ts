/** The resumable event stream against a real HTTP server that cuts, refuses and falls silent. */
import http from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { takeTokensFrom } from "../api/client";
import type { ServerEvent } from "./event-parser";
import { EventStream } from "./event-stream";

const open: Array<() => void> = [];
afterEach(() => {
  for (const close of open.splice(0)) close();
  takeTokensFrom({ token: () => null, renew: async () => null });
});

type Handler = (req: http.IncomingMessage, res: http.ServerResponse, n: number) => void;

async function serve(handler: Handler): Promise<string> {
  let n = 0;
  const server = http.createServer((req, res) => handler(req, res, n++));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  open.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

function follow(url: string, silenceMs = 60_000, pass: () => string | null = () => null) {
  const events: ServerEvent[] = [];
  const opened: boolean[] = [];
  let wake: () => void = () => {};
  const stream = new EventStream({
    url,
    pass,
    silenceMs,
    wait: () => 5,
    onEvent: (event) => {
      events.push(event);
      wake();
    },
    onOpen: (resumed) => opened.push(resumed),
  });
  open.push(() => stream.close());
  const count = async (n: number) => {
    while (events.length < n) await new Promise<void>((resolve) => (wake = resolve));
    return events;
  };
  return { stream, events, opened, count };
}

describe("event stream", () => {
  it("shows the playback token that there is at each connection", async () => {
    const shown: Array<string | undefined> = [];
    const url = await serve((req, res, n) => {
      shown.push(req.headers["x-playback-token"] as string | undefined);
      res.writeHead(200, { "Content-Type": "text/event-stream" });
      res.write(`event: state\ndata: ${n}\n\n`);
      if (n < 2) res.end();
    });
    const passes = [null, "first", "second"];
    const { count } = follow(url, 60_000, () => passes.shift() ?? null);
    await count(3);
    expect(shown).toEqual([undefined, "first", "second"]);
  });

  it("comes back after a cut and resumes after the last id", async () => {
    const ids: Array<string | undefined> = [];
    const url = await serve((req, res, n) => {
      ids.push(req.headers["last-event-id"] as string | undefined);
      res.writeHead(200, { "Content-Type": "text/event-stream" });
      res.write(`id: e${n}\nevent: state\ndata: ${n}\n\n`);
      if (n < 2) res.end();
    });
    const { count, opened } = follow(url);
    const events = await count(3);
    expect(events.map((e) => e.data)).toEqual(["0", "1", "2"]);
    expect(ids).toEqual([undefined, "e0", "e1"]);
    expect(opened).toEqual([false, true, true]);
  });

  it("takes silence for a dead connection", async () => {
    const url = await serve((_req, res, n) => {
      res.writeHead(200, { "Content-Type": "text/event-stream" });
      res.write(`data: ${n}\n\n`);
    });
    const events = await follow(url, 60).count(2);
    expect(events.map((e) => e.data)).toEqual(["0", "1"]);
  });

  it("renews the token once after a 401", async () => {
    const seen: Array<string | undefined> = [];
    const url = await serve((req, res) => {
      seen.push(req.headers.authorization);
      if (req.headers.authorization !== "Bearer fresh") {
        res.writeHead(401).end();
        return;
      }
      res.writeHead(200, { "Content-Type": "text/event-stream" });
      res.write("data: yes\n\n");
    });
    let token = "old";
    takeTokensFrom({
      token: () => token,
      renew: async () => {
        token = "fresh";
        return token;
      },
    });
    await follow(url).count(1);
    expect(seen).toEqual(["Bearer old", "Bearer fresh"]);
  });
});
