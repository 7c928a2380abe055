/**
 * What an error is told as: its words, where it came from, and the page. Equal ones once a page load, and only a few: what breaks
 * over and over would say nothing new. No person is in it; the server cuts off what addresses carry.
 */
import { Problem } from "../api/problem";

/** Most errors of one page load. */
const MOST = 5;
/** Most characters of a stack that are sent. */
const STACK_MAX = 4_000;
/** Code that is in the page and is not ours. */
const FOREIGN = /\b(?:chrome|moz|safari-web|ms-browser)-extension:\/\//;

export interface Told {
  message: string;
  stack: string;
  page: string;
}

/** Null: it is no error of ours to tell, or it says nothing. */
export function told(error: unknown, page: string): Told | null {
  // Answers of the server are shown where they were asked for; what was called off is no error.
  if (error instanceof Problem || (error instanceof Error && error.name === "AbortError")) return null;
  const message = error instanceof Error ? `${error.name}: ${error.message}` : textOf(error);
  const stack = error instanceof Error ? (error.stack ?? "").slice(0, STACK_MAX) : "";
  return message.trim() === "" || FOREIGN.test(stack) ? null : { message, stack, page };
}

function textOf(error: unknown): string {
  if (typeof error === "string") return error;
  try {
    return error === undefined ? "" : (JSON.stringify(error) ?? "");
  } catch {
    return "";
  }
}

const before = new Set<string>();

export function tell(error: unknown): void {
  const body = told(error, location.pathname);
  if (!body || before.has(body.message) || before.size >= MOST) return;
  before.add(body.message);
  void fetch("/api/browser-errors", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
    keepalive: true,
  }).catch(() => {
    // The server is away; an error more or less does not matter then.
  });
}
