/**
 * Whether this browser has a session, by the cookie that the server sets beside the one that scripts cannot read. It says no more than
 * that asking is worth it: a visitor's page asks nothing, and has no refusal in its console.
 */

const SIGN = "signed_in";

export function signedInHere(cookies = pageCookies()): boolean {
  return cookies.split(";").some((pair) => pair.trim() === `${SIGN}=1`);
}

/** None where the browser refuses them. */
function pageCookies(): string {
  try {
    return document.cookie;
  } catch {
    return "";
  }
}

/** Whether this browser keeps cookies of this site. Without them a session ends with its page. */
export function cookiesKept(): boolean {
  write("cookies_kept=1; Path=/; SameSite=Strict");
  const kept = /(?:^|; )cookies_kept=1/.test(pageCookies());
  write("cookies_kept=; Path=/; Max-Age=0; SameSite=Strict");
  return kept;
}

function write(cookie: string): void {
  try {
    // biome-ignore lint/suspicious/noDocumentCookie: the Cookie Store API is not in every browser
    document.cookie = cookie;
  } catch {
    // Refused: there is none to write or to forget.
  }
}

/** The server refused the session: the next visit need not ask. */
export function forgetSign(): void {
  if (typeof document === "undefined") return;
  write(`${SIGN}=; Path=/; Max-Age=0; SameSite=Strict`);
}
