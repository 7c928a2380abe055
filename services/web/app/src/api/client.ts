/**
 * One door for every REST call: puts the access token on, renews it once after a 401 and tries again, ends what takes too long
 * (`time-limit`), and turns every failure into a `Problem`. Knows nothing of who is signed in; the session registers itself as the source
 * of tokens.
 */
import { Problem, problemOf } from "./problem";
import { ANSWER_MS, FILE_MS, late, within } from "./time-limit";

export interface TokenSource {
  /** The present access token, or null for a visitor. */
  token(): string | null;
  /** Renews the token; null when the session is over. */
  renew(): Promise<string | null>;
}

let tokens: TokenSource = { token: () => null, renew: async () => null };

export function takeTokensFrom(source: TokenSource): void {
  tokens = source;
}

export interface Call {
  method?: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  body?: unknown;
  /** A file, sent as it is instead of a body. */
  file?: Blob;
  /** Leave the token out and take a 401 as it is (sign-in and refresh). */
  anonymous?: boolean;
  /** Take a 401 as it is: it may be about something else than the token. */
  takeRefusal?: boolean;
  /** Changes nothing, or nothing more when it is done twice, though it is no GET: what is said when no answer came. */
  repeatable?: boolean;
  /** Longest wait for the answer, ms; `ANSWER_MS` or `FILE_MS` without it. */
  patience?: number;
  signal?: AbortSignal;
}

async function send(path: string, call: Call, token: string | null): Promise<Response> {
  const headers: Record<string, string> = { Accept: "application/json" };
  const body = call.file ?? (call.body === undefined ? undefined : JSON.stringify(call.body));
  if (call.file) headers["Content-Type"] = call.file.type || "application/octet-stream";
  else if (body !== undefined) headers["Content-Type"] = "application/json";
  if (token) headers.Authorization = `Bearer ${token}`;
  try {
    return await fetch(path, {
      method: call.method ?? "GET",
      headers,
      credentials: "same-origin",
      ...(body !== undefined ? { body } : {}),
      ...(call.signal ? { signal: call.signal } : {}),
    });
  } catch (error) {
    if (call.signal?.aborted) throw error;
    throw unreachable();
  }
}

const unreachable = () => new Problem(0, "unreachable", "the server cannot be reached");

const slow = () => late(true);

/**
 * Sends with the token of the session; after a 401 renews it once and repeats. Also for event streams. `renewing`: called before the renewal.
 * Throws `slow` where that comes to nothing and the session goes on: what was refused was surely not done.
 */
export async function authorized(
  run: (token: string | null) => Promise<Response>,
  renewing?: () => void,
): Promise<Response> {
  const token = tokens.token();
  const first = await run(token);
  if (first.status !== 401 || token === null) return first;
  renewing?.();
  const renewed = await tokens.renew();
  if (renewed) return run(renewed);
  if (tokens.token() !== null) throw slow();
  return first;
}

/** Reads a document bit by bit: as long as something comes it may take its time. */
function read(
  path: string,
  outside: AbortSignal | undefined,
  take: (bytes: Uint8Array<ArrayBuffer>) => void,
): Promise<Response> {
  return within(ANSWER_MS, slow, outside, async (signal, anew) => {
    const response = await authorized((token) => {
      anew();
      return send(path, { signal }, token);
    });
    if (!response.ok || !response.body) throw await problemOf(response);
    const reader = response.body.getReader();
    for (;;) {
      const { done, value } = await reader.read().catch(() => {
        throw unreachable();
      });
      if (done) return response;
      anew();
      take(value);
    }
  });
}

/** A picture that only some may see, which an `<img>` could not ask for. Throws `Problem`. */
export async function picture(path: string, signal: AbortSignal): Promise<Blob> {
  const parts: Uint8Array<ArrayBuffer>[] = [];
  const { headers } = await read(path, signal, (bytes) => parts.push(bytes));
  return new Blob(parts, { type: headers.get("content-type") ?? "" });
}

/** A document that may be large, with how many bytes of it have come so far. Throws `Problem`. */
export async function download(path: string, heard: (bytes: number) => void): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  let bytes = 0;
  await read(path, undefined, (part) => {
    bytes += part.byteLength;
    text += decoder.decode(part, { stream: true });
    heard(bytes);
  });
  return text + decoder.decode();
}

/** Calls the API. `undefined` for answers without a body. Throws `Problem`; what `signal` calls off rejects with its reason. */
export function api<T>(path: string, call: Call = {}): Promise<T> {
  const repeatable = call.repeatable ?? (call.method === undefined || call.method === "GET");
  const patience = call.patience ?? (call.file ? FILE_MS : ANSWER_MS);
  return within(
    patience,
    () => late(repeatable),
    call.signal,
    async (signal, anew) => {
      // A call that is repeated with a new token has the whole time again.
      const run = (token: string | null) => {
        anew();
        return send(path, { ...call, signal }, token);
      };
      const once = call.anonymous || call.takeRefusal;
      const response = once
        ? await run(call.anonymous ? null : tokens.token())
        : await authorized(run, () => anew(slow));
      if (!response.ok) throw await problemOf(response);
      if (response.status === 204 || response.headers.get("content-length") === "0") return undefined as T;
      try {
        return (await response.json()) as T;
      } catch (error) {
        if (error instanceof SyntaxError) throw new Problem(response.status, "not_json", "");
        // The connection broke amid the answer to what was done.
        throw repeatable ? unreachable() : late(false);
      }
    },
  );
}
