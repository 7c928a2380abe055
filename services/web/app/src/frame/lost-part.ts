/**
 * That a part of this page was wanted and could not be had, for the bar that says so (`lost-bar`). `old`: the server answers and has no such file
 * any more, since it is newer than the page. `lost`: whatever else. It is said until somebody puts it away, and again when what is missing is
 * wanted again.
 */
export type Lost = "old" | "lost";

let why: Lost | null = null;
/** Said now. */
let lost: Lost | null = null;
const listeners = new Set<() => void>();

function set(next: Lost | null): void {
  lost = next;
  for (const heard of listeners) heard();
}

export const lostPart = {
  get: (): Lost | null => lost,
  subscribe(heard: () => void): () => void {
    listeners.add(heard);
    return () => void listeners.delete(heard);
  },
  /** By the error of its `import()`. */
  async told(error: unknown): Promise<void> {
    why = (await isGone(error)) ? "old" : "lost";
    set(why);
  },
  /** Something is in its place anew. */
  again: () => set(why),
  putAway: () => set(null),
};

/** Whether the server itself says that there is no such file: Chromium and Firefox name it in the error. Never throws. */
export async function isGone(error: unknown): Promise<boolean> {
  const url = /https?:\/\/\S+/.exec(String(error))?.[0];
  if (!url) return false;
  try {
    return (await fetch(url)).status === 404;
  } catch {
    return false;
  }
}
