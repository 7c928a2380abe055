/** Where signing in may lead: what an address asks for is followed on this site only. */

/** Browsers drop tabs and line ends from an address before they read it. */
const CONTROL = /\p{Cc}/u;

/**
 * The path of this site that `next` means, `/` where it means none. A path that begins with two slashes, as `/.//evil.example` leaves one,
 * would be another site again for who resolves it once more.
 */
export function safeNext(next: string | null, origin = location.origin): string {
  if (!next?.startsWith("/") || CONTROL.test(next)) return "/";
  try {
    const url = new URL(next, origin);
    if (url.origin !== origin || url.pathname.startsWith("//")) return "/";
    return url.pathname + url.search + url.hash;
  } catch {
    return "/";
  }
}
