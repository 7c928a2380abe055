/**
 * What is remembered in this browser, or for this tab alone. A browser may refuse storage (in another site's frame, say), or have it full:
 * then nothing is kept, and nothing else suffers.
 */
const PLACES = { browser: () => localStorage, tab: () => sessionStorage };

export type Place = keyof typeof PLACES;

export function kept(place: Place, name: string): string | null {
  try {
    return PLACES[place]().getItem(name);
  } catch {
    return null;
  }
}

/** Null: forgotten. */
export function keep(place: Place, name: string, value: string | null): void {
  try {
    const store = PLACES[place]();
    if (value === null) store.removeItem(name);
    else store.setItem(name, value);
  } catch {
    // As the head says.
  }
}

/** What was kept as JSON; null also of what is none. */
export function keptJson(place: Place, name: string): unknown {
  try {
    return JSON.parse(kept(place, name) ?? "null");
  } catch {
    return null;
  }
}
