/** The API door: tokens, one renewal, and failures as problems. */
import http from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { api, takeTokensFrom } from "./client";
import { asSentence, type Problem, sentence } from "./problem";

let close: () => void = () => {};
afterEach(() => {
  close();
  takeTokensFrom({ token: () => null, renew: async () => null });
});

async function serve(handler: http.RequestListener): Promise<string> {
  const server = http.createServer(handler);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  close = () => {
    server.closeAllConnections();
    server.close();
  };
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/x`;
}

const failure = (call: Promise<unknown>) =>
  call.then(
    () => null,
    (error: unknown) => error as Problem,
  );

describe("api", () => {
  it("renews the token once after a 401 and repeats the call", async () => {
    let renewals = 0;
    const url = await serve((req, res) => {
      res.writeHead(req.headers.authorization === "Bearer b" ? 200 : 401, {
        "Content-Type": "application/json",
      });
      res.end('{"ok":true}');
    });
    takeTokensFrom({
      token: () => "a",
      renew: async () => {
        renewals++;
        return "b";
      },
    });
    expect(await api(url)).toEqual({ ok: true });
    expect(renewals).toBe(1);
  });

  it("does not go round in circles when the new token is refused too", async () => {
    let calls = 0;
    const url = await serve((_req, res) => {
      calls++;
      res.writeHead(401).end();
    });
    takeTokensFrom({ token: () => "a", renew: async () => "b" });
    expect((await failure(api(url)))?.status).toBe(401);
    expect(calls).toBe(2);
  });

  it("turns a problem document into sentences beside the fields", async () => {
    const url = await serve((_req, res) => {
      res.writeHead(422, { "Content-Type": "application/problem+json" });
      const errors = [{ field: "password", code: "too_short", detail: "at least 8 characters" }];
      res.end(
        JSON.stringify({
          status: 422,
          code: "validation_failed",
          detail: "some fields are not right",
          errors,
        }),
      );
    });
    const problem = await failure(api(url, { method: "POST", body: {} }));
    expect(problem?.field("password")).toBe("At least 8 characters.");
    expect(problem?.field("email")).toBeUndefined();
  });

  it("says how long to wait when there were too many tries", async () => {
    const url = await serve((_req, res) => {
      res.writeHead(429, { "Retry-After": "7" }).end('{"code":"rate_limited"}');
    });
    expect(sentence(await failure(api(url)))).toMatch(/7 seconds/);
  });

  it("survives an answer that is no JSON and a server that is not there", async () => {
    const url = await serve((_req, res) => res.writeHead(502).end("<html>bad gateway</html>"));
    expect(sentence(await failure(api(url)))).toMatch(/server/);
    close();
    expect((await failure(api("http://127.0.0.1:1/x")))?.code).toBe("unreachable");
  });

  it("tells an answer that breaks off from one that makes no sense", async () => {
    const broken = await serve((_req, res) => {
      res.writeHead(200, { "Content-Type": "application/json", "Content-Length": "100" });
      res.write('{"ok":', () => res.destroy());
    });
    expect((await failure(api(broken)))?.code).toBe("unreachable");
    // It was done: trying again at once would do it twice.
    expect((await failure(api(broken, { method: "POST" })))?.code).toBe("unsure");
    close();
    const senseless = await serve((_req, res) => res.writeHead(200).end('{"ok":'));
    expect((await failure(api(senseless)))?.code).toBe("not_json");
  });
});

it("texts of services become sentences", () => {
  expect(asSentence("at least 8 characters")).toBe("At least 8 characters.");
  expect(asSentence("  Done. ")).toBe("Done.");
});
