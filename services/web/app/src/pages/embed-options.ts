/** What the address of an embedded player asks for. Pure; what makes no sense is the default. */

export interface EmbedOptions {
  /** Plays by itself, or waits for a click. */
  autoplay: boolean;
  /** Begins without sound. Browsers let nothing else begin by itself on a page that nobody has touched. */
  muted: boolean;
}

const TRUE = new Set(["", "1", "true", "yes"]);
const FALSE = new Set(["0", "false", "no"]);

function flag(asked: URLSearchParams, names: string[], otherwise: boolean): boolean {
  for (const name of names) {
    const said = asked.get(name)?.toLowerCase();
    if (said === undefined) continue;
    if (TRUE.has(said)) return true;
    if (FALSE.has(said)) return false;
  }
  return otherwise;
}

/** `?autoplay=false&muted=true`; `mute` does as well. Who has to click anyway gets sound. */
export function embedOptions(search: string): EmbedOptions {
  const asked = new URLSearchParams(search);
  const autoplay = flag(asked, ["autoplay"], true);
  return { autoplay, muted: flag(asked, ["muted", "mute"], autoplay) };
}
