/** The newest playback token of a channel, kept for this tab: whoever reloads the page is not asked for its password again. Never the password. */

const nameOf = (username: string) => `streamly.watch.${username.toLowerCase()}`;

export function keptToken(username: string): string | null {
  try {
    return sessionStorage.getItem(nameOf(username));
  } catch {
    return null;
  }
}

export function keepToken(username: string, token: string): void {
  try {
    sessionStorage.setItem(nameOf(username), token);
  } catch {
    // In another site's frame a browser may refuse storage; the token then counts until a reload.
  }
}

export function forgetToken(username: string): void {
  try {
    sessionStorage.removeItem(nameOf(username));
  } catch {
    // Nothing was kept.
  }
}
