/**
 * A page that is left may be kept as it is and shown again when somebody goes back (the back/forward cache), if nothing is open to the network.
 * So connections are closed when it is put away and opened when it comes back. A page that is really closed hears nothing of this.
 */

export interface Resting {
  /** Put away: close what is open. */
  rest: () => void;
  /** Shown again, perhaps much later. */
  wake: () => void;
}

type Page = Pick<EventTarget, "addEventListener" | "removeEventListener">;

/** Tells until the returned function is called. Each `wake` follows a `rest`. */
export function watchRest({ rest, wake }: Resting, page: Page = window): () => void {
  let resting = false;
  const hide = (event: Event) => {
    if (!(event as PageTransitionEvent).persisted) return;
    resting = true;
    rest();
  };
  const show = () => {
    if (!resting) return;
    resting = false;
    wake();
  };
  page.addEventListener("pagehide", hide);
  page.addEventListener("pageshow", show);
  return () => {
    page.removeEventListener("pagehide", hide);
    page.removeEventListener("pageshow", show);
  };
}
