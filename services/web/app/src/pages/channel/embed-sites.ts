/** Sites as somebody types them, one on a line, as the server takes them: names beyond ASCII the way browsers send them. Pure. */

function host(text: string): string {
  const [, scheme = "", rest = text] = /^([a-z]+:\/\/)?(.*)$/i.exec(text) ?? [];
  try {
    return scheme + new URL(`https://${rest}`).host;
  } catch {
    // The server says what is wrong with it.
    return text;
  }
}

export function sitesOf(text: string): string[] {
  return text
    .split(/[\n,]/)
    .map((site) => site.trim())
    .filter(Boolean)
    .map((site) => (/^[\x20-\x7e]*$/.test(site) ? site : host(site)));
}

/** `https://` is what goes without saying. */
export const textOf = (sites: string[]) => sites.map((site) => site.replace(/^https:\/\//, "")).join("\n");
