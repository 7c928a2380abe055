/**
 * The browser's back and forward, heard before the router hears of them: a window's listeners are called in the order in which they came, and this
 * one comes with the app's code. Whoever hears first may keep a move from the router.
 */
let first: ((event: PopStateEvent) => void) | null = null;

addEventListener("popstate", (event) => first?.(event));

/** Until the returned function is called. */
export function hearMovesFirst(hear: (event: PopStateEvent) => void): () => void {
  first = hear;
  return () => {
    first = null;
  };
}
