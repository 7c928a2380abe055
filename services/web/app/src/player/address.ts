/** Addresses of playlists with a parameter more. Pure. */

export const withParameter = (url: string, name: string, value: string) =>
  `${url}${url.includes("?") ? "&" : "?"}${name}=${value}`;

/** The plain sibling of a multivariant playlist: whole segments, no parts, nothing that is held until it is there. */
export const plainOf = (url: string) => withParameter(url, "ll", "0");
