/** After a form that was not taken, the focus goes to the first field that is wrong; what is wrong with it is read with the field. */
import { type RefObject, useCallback, useEffect, useRef, useState } from "react";

/** The form's ref, and what is to be called when it was not taken. Without a wrong field its button has the focus again. */
export function useFirstWrong(): [RefObject<HTMLFormElement | null>, () => void] {
  const form = useRef<HTMLFormElement>(null);
  const [times, setTimes] = useState(0);
  useEffect(() => {
    if (times === 0) return;
    const find = (selector: string) => form.current?.querySelector<HTMLElement>(selector);
    (find("[aria-invalid=true]") ?? find("[type=submit]"))?.focus();
  }, [times]);
  const refused = useCallback(() => setTimes((before) => before + 1), []);
  return [form, refused];
}
