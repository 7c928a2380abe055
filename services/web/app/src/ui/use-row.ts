/** A row of a list, some of which comes and goes: the focus stays on it, and when the row itself goes, with the section around it. */
import { type RefObject, useLayoutEffect, useRef } from "react";
import { keepFocus } from "./focus";
import { handOn } from "./hand-on";

/** `row` is the row's `ref`; `keep` is called before a part of it goes away. */
export function useRow(): { row: RefObject<HTMLLIElement | null>; keep: () => void } {
  const row = useRef<HTMLLIElement>(null);
  useLayoutEffect(() => {
    const element = row.current;
    return () => {
      if (element?.contains(document.activeElement)) handOn(element);
    };
  }, []);
  return { row, keep: () => keepFocus(row.current) };
}
