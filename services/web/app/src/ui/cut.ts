/** Names that are longer than any that the server takes: a browser would need minutes to break some dozens of them into lines. */

/** Characters; the server takes 140. */
const LONGEST = 300;

export const cut = (name: string): string =>
  name.length > LONGEST ? `${name.slice(0, LONGEST).replace(/[\uD800-\uDBFF]$/, "")}…` : name;
