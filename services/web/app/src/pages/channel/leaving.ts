/**
 * Holds a way out of the page until somebody has answered: links and buttons, which the router carries out by its `navigator`, and the browser's
 * back and forward, which have happened when one hears of them and are undone. Closing and reloading only the browser can ask about.
 */

/** What the router goes by: its own history. */
export interface Router {
  push: (...to: never[]) => void;
  replace: (...to: never[]) => void;
}

interface Asking {
  /** Whether the way is to be held at all. */
  unsaved: () => boolean;
  /** Somebody has to answer; `go` goes on with what was held. */
  ask: (go: () => void) => void;
  /** Back and forward, before the router hears of them (`frame/moves`). */
  hear: (move: (event: PopStateEvent) => void) => () => void;
}

/** Where in the tab's history the page is; the router notes it there. */
const placeOf = (state: unknown) => (state as { idx?: number } | null)?.idx ?? 0;

/** Watches until the returned function is called. */
export function watchLeaving(
  router: Router,
  { unsaved, ask, hear }: Asking,
  page: Window = window,
): () => void {
  const { push, replace } = router;
  const holding =
    (go: Router["push"]): Router["push"] =>
    (...to) => {
      if (unsaved()) ask(() => go.apply(router, to));
      else go.apply(router, to);
    };
  router.push = holding(push);
  router.replace = holding(replace);

  let place = placeOf(page.history.state);
  /** Moves of ours that are not to be heard. */
  let own = 0;
  let free = false;
  const popped = (event: PopStateEvent) => {
    const steps = placeOf(event.state) - place;
    if (own > 0) own -= 1;
    else if (steps === 0 || free || !unsaved()) {
      place += steps;
      return;
    } else {
      own += 1;
      page.history.go(-steps);
      ask(() => {
        free = true;
        page.history.go(steps);
      });
    }
    // The router has not moved, and does not hear of what is undone.
    event.stopImmediatePropagation();
  };
  const closed = (event: BeforeUnloadEvent) => {
    if (unsaved()) event.preventDefault();
  };
  const deaf = hear(popped);
  page.addEventListener("beforeunload", closed);
  return () => {
    router.push = push;
    router.replace = replace;
    deaf();
    page.removeEventListener("beforeunload", closed);
  };
}
