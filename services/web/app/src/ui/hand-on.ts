/** The focus of what goes away, where it has no place of its own to go: it stays near. */
import { content, focusOn } from "./focus";

/** To the section around it, or to the page's content. */
export const handOn = (from: HTMLElement): void => focusOn(from.closest("section") ?? content());

/** As `ref` of a button that may go away. */
export const handsFocusOn = (button: HTMLElement | null) => () => {
  if (button && button === document.activeElement) handOn(button);
};
