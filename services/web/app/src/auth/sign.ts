/**
 * Whether this browser has a session, by the cookie that the server sets beside the one that scripts cannot read. It says no more than
 * that asking is worth it: a visitor's page asks nothing, and has no refusal in its console.
 */

const SIGN = "signed_in";

export function signedInHere(cookies = document.cookie): boolean {
  return cookies.split(";").some((pair) => pair.trim() === `${SIGN}=1`);
}

/** The server refused the session: the next visit need not ask. */
export function forgetSign(): void {
  if (typeof document === "undefined") return;
  // biome-ignore lint/suspicious/noDocumentCookie: the Cookie Store API is not in every browser
  document.cookie = `${SIGN}=; Path=/; Max-Age=0; SameSite=Strict`;
}
