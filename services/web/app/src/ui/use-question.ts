/**
 * A question that takes the place of the button that asks it. The focus goes to the answer that changes nothing, so that a key held down does not
 * answer yes, and back to the button afterwards; what goes away with the focus leaves it to the section around it.
 */
import { useRef, useState } from "react";
import { focusOn } from "./focus";
import { handsFocusOn } from "./hand-on";

export function useQuestion() {
  const [asking, setAsking] = useState(false);
  const asked = useRef(false);
  const [opener] = useState(() => (button: HTMLButtonElement | null) => {
    if (asked.current) focusOn(button);
    return handsFocusOn(button);
  });
  return {
    asking,
    ask: () => {
      asked.current = true;
      setAsking(true);
    },
    close: () => setAsking(false),
    /** As `ref` of the button that asks. */
    opener,
    /** As `ref` of the answer that changes nothing. */
    cancel: takesFocus,
    /** As `ref` of the other one. */
    answer: handsFocusOn,
  };
}

function takesFocus(button: HTMLElement | null) {
  focusOn(button);
  return handsFocusOn(button);
}
