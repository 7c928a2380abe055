/** Completion at the caret of a text field: what is offered, which is chosen, and the keys that steer it. */
import { type KeyboardEvent, type RefObject, useMemo, useState } from "react";
import { asked, completed, type Known, type Offer, offers } from "./completion";

export function useCompletion(
  input: RefObject<HTMLTextAreaElement | null>,
  { text, setText, known }: { text: string; setText: (text: string) => void; known: () => Known },
) {
  const [caret, setCaret] = useState(0);
  const [chosen, setChosen] = useState(0);
  /** The text for which Escape was pressed. */
  const [refused, setRefused] = useState<string | null>(null);
  const question = useMemo(() => asked(text, Math.min(caret, text.length)), [text, caret]);
  const list = question && refused !== text ? offers(text, question, known()) : [];
  const index = Math.min(chosen, list.length - 1);

  const follow = () => {
    setCaret(input.current?.selectionStart ?? 0);
    setChosen(0);
  };

  const take = (offer: Offer) => {
    if (!question) return;
    const done = completed(text, caret, question, offer);
    setText(done.text);
    setCaret(done.caret);
    setRefused(done.text);
    requestAnimationFrame(() => {
      input.current?.focus();
      input.current?.setSelectionRange(done.caret, done.caret);
    });
  };

  /** True when the key was for the list. */
  const onKey = (event: KeyboardEvent): boolean => {
    if (list.length === 0 || event.nativeEvent.isComposing) return false;
    const offer = list[index];
    if (event.key === "ArrowDown") setChosen((index + 1) % list.length);
    else if (event.key === "ArrowUp") setChosen((index + list.length - 1) % list.length);
    else if (event.key === "Escape") setRefused(text);
    else if ((event.key === "Tab" && !event.shiftKey) || event.key === "Enter") {
      // What is typed out already is sent, not completed.
      const typed = question ? text.slice(question.from, caret).toLowerCase() : "";
      if (event.key === "Enter" && offer?.insert === typed) return false;
      if (offer) take(offer);
    } else return false;
    event.preventDefault();
    event.stopPropagation();
    return true;
  };

  return { list, index, take, onKey, follow };
}
