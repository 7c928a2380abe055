/** The focus of who has no mouse: it is given on before what has it goes away, or the next Tab begins at the page's head again. */

/** To something that otherwise takes none, for as long as it has it: a click inside stays a click. */
export function focusOn(element: HTMLElement | null | undefined): void {
  if (!element) return;
  if (element.tabIndex < 0 && !element.hasAttribute("tabindex")) {
    element.tabIndex = -1;
    element.addEventListener("blur", () => element.removeAttribute("tabindex"), { once: true });
  }
  element.focus({ preventScroll: true });
}

/** Before a part of `row` goes away: the focus that is in it, or has just been lost with it, stays on the row. Who is elsewhere stays there. */
export function keepFocus(row: HTMLElement | null): void {
  const at = document.activeElement;
  if (at === document.body || row?.contains(at)) focusOn(row);
}

/** The page's content, of `Frame`. */
export const content = () => document.getElementById("content");

/**
 * As `ref` of a button that goes away when it is pressed: in the player the bar's first button has the focus then, or the frame before
 * there is a bar; elsewhere the page's content.
 */
export const givesFocusOn = (button: HTMLElement | null) => () => {
  if (!button || button !== document.activeElement) return;
  const player = button.closest<HTMLElement>("[data-phase]");
  focusOn(player?.querySelector<HTMLElement>("[data-bar] button") ?? player ?? content());
};
