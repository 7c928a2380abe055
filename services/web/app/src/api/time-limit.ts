/**
 * How long an answer is waited for. A call that takes longer is called off and fails with a `Problem` of status 0: `slow` where asking once more
 * does no harm, which queries then do by themselves; `unsure` where something was to be done, for the server may have done it all the same.
 * Nothing is ever repeated here.
 */
import { Problem } from "./problem";

/** Of a plain call, ms. Above `answer_timeout` of the service `web` (15 s), whose own answer says more. */
export const ANSWER_MS = 20_000;
/** Of a call with a file, ms. Above `upload_timeout` and `answer_timeout` of `web` together (35 s), which an operator may have raised. */
export const FILE_MS = 120_000;
/** Of signing out, ms: whoever waits for it wants to be gone. */
export const SIGN_OUT_MS = 5_000;

/** Longest wait of a timer, ms: it is a signed number of 32 bits, and what is longer is not waited for at all. */
export const LONGEST_MS = 2 ** 31 - 1;

/** What a call fails with that took too long. */
export function late(repeatable: boolean): Problem {
  return repeatable
    ? new Problem(0, "slow", "the server did not answer in time")
    : new Problem(0, "unsure", "the server did not answer in time, and may have done it");
}

/** What comes of it, or undefined after `ms`; it goes on all the same. */
export async function atMost<T>(ms: number, what: Promise<T>): Promise<T | undefined> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const enough = new Promise<undefined>((done) => {
    timer = setTimeout(() => done(undefined), ms);
  });
  try {
    return await Promise.race([what, enough]);
  } finally {
    clearTimeout(timer);
  }
}

/**
 * Runs something that ends after `ms` at the latest, or as soon as `outside` says. What is run gets a signal to pass on, and what starts the
 * time anew, also with another word for when it is over: bytes that come are no silence. Made by hand, since the overlay runs in browsers
 * without `AbortSignal.any`.
 */
export async function within<T>(
  ms: number,
  tooLate: () => Error,
  outside: AbortSignal | undefined,
  run: (signal: AbortSignal, anew: (tooLate?: () => Error) => void) => Promise<T>,
): Promise<T> {
  const own = new AbortController();
  let end: (why: unknown) => void = () => {};
  const ended = new Promise<never>((_, reject) => {
    end = reject;
  });
  // First the word, then the call: what the browser says of a call that was called off is not the reason.
  const stop = (why: unknown) => {
    end(why);
    own.abort(why);
  };
  const wait = (word = tooLate) => setTimeout(() => stop(word()), ms);
  const left = () => stop(outside?.reason ?? new DOMException(undefined, "AbortError"));
  let timer = wait();
  if (outside?.aborted) left();
  outside?.addEventListener("abort", left);
  try {
    return await Promise.race([
      ended,
      run(own.signal, (word) => {
        clearTimeout(timer);
        timer = wait(word);
      }),
    ]);
  } finally {
    clearTimeout(timer);
    outside?.removeEventListener("abort", left);
  }
}
