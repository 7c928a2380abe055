/**
 * Other servers than the platform's, for the browser tests: a site of somebody else's with a page that frames a player, and a line to the platform
 * that can be cut, under an address of its own.
 */
import { createServer, request } from "node:http";
import { BASE } from "./harness.mjs";

const listening = (server, host) =>
  new Promise((resolve) => server.listen(0, host, () => resolve(server.address().port)));
const closed = (server) =>
  new Promise((resolve) => {
    server.close(resolve);
    server.closeAllConnections();
  });

/** A site at `127.0.0.1`, which is not the platform's `localhost`: each page frames what its query says. */
export async function site() {
  const server = createServer((asked, answer) => {
    const src = new URL(asked.url, "http://x").searchParams.get("src") ?? "about:blank";
    answer.setHeader("content-type", "text/html; charset=utf-8");
    answer.end(
      `<!doctype html><title>Somebody's page</title><body style="margin:0"><iframe name="player" src="${src.replaceAll("&", "&amp;").replaceAll('"', "&quot;")}"` +
        ` allow="autoplay; fullscreen; picture-in-picture" style="border:0;width:640px;height:360px"></iframe>`,
    );
  });
  // A test whose stage did not stand ends all the same.
  server.unref();
  const origin = `http://127.0.0.1:${await listening(server, "127.0.0.1")}`;
  return {
    origin,
    framing: (src) => `${origin}/?src=${encodeURIComponent(src)}`,
    close: () => closed(server),
  };
}

/**
 * The platform at another port of `localhost`. `cut` and `mend` are a network that goes and comes, `empty` a proxy with nobody behind it; `become`
 * is another version: pages are written anew, and there are more files.
 */
export async function line() {
  let [change, files, isEmpty] = [(html) => html, {}, false];
  const target = new URL(BASE);
  let port = 0;
  let server;
  const handle = (asked, answer) => {
    if (isEmpty) return answer.writeHead(502, { "content-type": "text/html" }).end("<h1>Bad gateway</h1>");
    if (asked.url in files)
      return answer.writeHead(200, { "content-type": "text/javascript" }).end(files[asked.url]);
    const headers = { ...asked.headers, "accept-encoding": "identity" };
    const onward = request(
      { host: target.hostname, port: target.port, method: asked.method, path: asked.url, headers },
      (said) => {
        if (!said.headers["content-type"]?.startsWith("text/html")) {
          answer.writeHead(said.statusCode, said.headers);
          said.pipe(answer);
          return;
        }
        const chunks = [];
        said.on("data", (chunk) => chunks.push(chunk));
        said.on("end", () => {
          const { "content-length": _, etag: __, ...rest } = said.headers;
          answer.writeHead(said.statusCode, rest);
          answer.end(said.statusCode === 304 ? undefined : change(Buffer.concat(chunks).toString()));
        });
      },
    );
    onward.on("error", () => answer.destroy());
    answer.on("close", () => onward.destroy());
    asked.pipe(onward);
  };
  const mend = async () => {
    server = createServer(handle);
    server.unref();
    if (port === 0) port = await listening(server, "localhost");
    else await new Promise((resolve) => server.listen(port, "localhost", resolve));
  };
  await mend();
  return {
    origin: `http://localhost:${port}`,
    cut: () => closed(server),
    mend,
    empty: (is) => {
      isEmpty = is;
    },
    become: (other, others = {}) => {
      [change, files] = [other, others];
    },
  };
}
