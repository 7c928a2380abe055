/** Calls of the platform's API by people of the tests, beside what they do on pages: each has a session of its own for them. */
import assert from "node:assert/strict";
import { BASE } from "./harness.mjs";

/** Access tokens, soon there, by user name; they are good for a quarter of an hour. */
const tokens = new Map();

/** As clients do it: who is told to come again comes again. */
async function patiently(ask) {
  for (const end = Date.now() + 30_000; ; ) {
    const answer = await ask();
    if (answer.status !== 503 || Date.now() > end) return answer;
    const seconds = Number(answer.headers.get("retry-after") ?? 1);
    await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
  }
}

async function send(method, path, body, token) {
  const headers = { "content-type": "application/json", ...(token && { authorization: `Bearer ${token}` }) };
  const answer = await patiently(() =>
    fetch(`${BASE}${path}`, { method, headers, ...(body && { body: JSON.stringify(body) }) }),
  );
  const text = await answer.text();
  assert.ok(answer.ok, `${method} ${path}: ${answer.status} ${text}`);
  return text ? JSON.parse(text) : null;
}

const passwordOf = (name) => `correct horse ${name}`;

async function signIn(login) {
  const { access_token } = await send("POST", "/api/auth/login", { login, password: passwordOf(login) });
  return access_token;
}

/** As anybody. */
export const read = (path) => send("GET", path);

/** As the person of that name, who registered as `registerPerson` does it; what came back, which has to be good. */
export async function call(name, method, path, body) {
  if (!tokens.has(name)) tokens.set(name, signIn(name));
  return send(method, path, body, await tokens.get(name));
}

/** Registers somebody who needs no page. */
export const join = (name) =>
  send("POST", "/api/auth/register", {
    username: name,
    email: `${name}@example.org`,
    password: passwordOf(name),
    language: "en",
  });
