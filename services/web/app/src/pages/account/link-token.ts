/**
 * The token behind `#` in a link of a mail. It is taken out of the address bar at once, so that it is not in a bookmark, a history or a
 * screen that others see; until the page is left it is kept for this tab, so that a reload or a sign-in in between does not lose it.
 */
import { useEffect, useState } from "react";

const TOKEN = /^[A-Za-z0-9_+/=-]{20,100}$/;

/** The token of a fragment, if it can be one. Pure. */
export function tokenOf(fragment: string): string | null {
  const text = fragment.replace(/^#/, "");
  return TOKEN.test(text) ? text : null;
}

function take(page: string): string | null {
  const name = `streamly.link.${page}`;
  const fresh = tokenOf(location.hash);
  if (fresh) history.replaceState(history.state, "", location.pathname);
  // In another site's frame a browser may refuse storage; the link then counts until a reload.
  try {
    if (fresh) sessionStorage.setItem(name, fresh);
    return fresh ?? sessionStorage.getItem(name);
  } catch {
    return fresh;
  }
}

function forget(page: string): void {
  try {
    sessionStorage.removeItem(`streamly.link.${page}`);
  } catch {
    // Nothing was kept.
  }
}

/** The token that this page was opened with, and how to forget it. */
export function useLinkToken(page: string): { token: string | null; forget: () => void } {
  const [token, setToken] = useState(() => take(page));
  // Another link of the same kind, opened in the same tab, does not load the page anew.
  useEffect(() => {
    const look = () => setToken(take(page));
    addEventListener("hashchange", look);
    return () => removeEventListener("hashchange", look);
  }, [page]);
  return { token, forget: () => forget(page) };
}
