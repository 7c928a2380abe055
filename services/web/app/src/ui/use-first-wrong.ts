/**
 * After a form that was not taken, the focus goes to the first field that is wrong; what is wrong with it is read with the field. Where no
 * field is, the focus stays where it is: what is wrong then is read by itself. A form that goes away with the focus leaves it near.
 */
import { type RefCallback, useCallback, useEffect, useRef, useState } from "react";
import { handOn } from "./hand-on";

/** The form's ref, and what is to be called when it was not taken, such as a mutation's `onError`. */
export function useFirstWrong(): [RefCallback<HTMLFormElement>, () => void] {
  const form = useRef<HTMLFormElement | null>(null);
  const [times, setTimes] = useState(0);
  useEffect(() => {
    if (times > 0) form.current?.querySelector<HTMLElement>("[aria-invalid=true]")?.focus();
  }, [times]);
  const take = useCallback((element: HTMLFormElement | null) => {
    form.current = element;
    return () => {
      form.current = null;
      if (element?.contains(document.activeElement)) handOn(element);
    };
  }, []);
  const refused = useCallback(() => setTimes((before) => before + 1), []);
  return [take, refused];
}
