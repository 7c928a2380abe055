/** The focus of what goes away, where it has no place of its own to go: it stays near. */
import { content, focusOn } from "./focus";

/** The list of the chat gives its lines' focus on itself, to the line or the list. */
const GIVES_ON_ITSELF = "[role=log]";

/**
 * To the section or the dialog around it, or to the page's content; to that also where the section goes away as well. A dialog that does gives the
 * focus back itself.
 */
export function handOn(from: HTMLElement): void {
  const near = from.closest<HTMLElement>("section, dialog");
  focusOn(near ?? content());
  if (!near || near.closest("dialog")) return;
  queueMicrotask(() => {
    if (!near.isConnected && document.activeElement === document.body) focusOn(content());
  });
}

/** As `ref` of a button that may go away. */
export const handsFocusOn = (button: HTMLElement | null) => () => {
  if (button && button === document.activeElement && !button.closest(GIVES_ON_ITSELF)) handOn(button);
};
