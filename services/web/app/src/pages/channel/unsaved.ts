/** Which forms of the page have something that is not saved: each says so for itself, and whoever leaves is asked (`leave-guard`). */
import { useEffect, useId, useState } from "react";

const open = new Set<string>();

/** Whether anything is not saved yet. */
export const anythingUnsaved = () => open.size > 0;

/** Of a form that holds `now`; `saved` is true from the answer of the server until something is changed. */
export function useUnsaved(now: unknown, saved: boolean): void {
  const id = useId();
  const text = JSON.stringify(now);
  const [kept, setKept] = useState(text);
  useEffect(() => {
    if (saved) setKept(text);
  }, [saved, text]);
  const changed = text !== kept && !saved;
  useEffect(() => {
    if (!changed) return;
    open.add(id);
    return () => {
      open.delete(id);
    };
  }, [changed, id]);
}
