/**
 * A field that offers choices while one types (ARIA's combobox with a list). The focus stays in the field: arrows go through the list, Enter takes
 * what is marked, Escape puts the list away. What is typed is the caller's, and stays what it is: this only offers.
 */
import { type ComponentProps, type KeyboardEvent, useEffect, useId, useState } from "react";
import { type Choice, choicesLike } from "./choices-like";
import { Field } from "./field";

interface ComboBoxProps extends Omit<ComponentProps<typeof Field>, "value" | "onChange" | "ref"> {
  text: string;
  choices: readonly Choice[];
  /** The one that counts now, which is marked when the list opens. */
  chosen: string;
  /** Said in place of the list where nothing fits. */
  none: string;
  /** Names the list for screen readers. */
  listLabel: string;
  /** Of the field; with `-list` behind it that of the list. */
  testId: string;
  onType: (text: string) => void;
  onTake: (choice: Choice) => void;
}

export function ComboBox({
  text,
  choices,
  chosen,
  none,
  listLabel,
  testId,
  onType,
  onTake,
  ...field
}: ComboBoxProps) {
  const id = useId();
  const [open, setOpen] = useState(false);
  /** Since it opened: before, all are offered, not those alone that are called like the present one. */
  const [typed, setTyped] = useState(false);
  const [at, setAt] = useState(0);
  const shown = open ? (typed ? choicesLike(choices, text) : choices) : [];
  const marked = Math.min(at, shown.length - 1);
  const optionId = (n: number) => `${id}-${n}`;

  useEffect(() => {
    if (marked >= 0) document.getElementById(`${id}-${marked}`)?.scrollIntoView({ block: "nearest" });
  }, [id, marked]);

  const show = () => {
    if (open) return;
    setTyped(false);
    setAt(
      Math.max(
        0,
        choices.findIndex(({ value }) => value === chosen),
      ),
    );
    setOpen(true);
  };
  const take = (choice: Choice | undefined) => {
    setOpen(false);
    if (choice) onTake(choice);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.nativeEvent.isComposing) return;
    const count = shown.length;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      if (!open) show();
      else if (count > 0) setAt((marked + (event.key === "ArrowDown" ? 1 : count - 1)) % count);
    } else if (event.key === "Enter" && open && count > 0) take(shown[marked]);
    else if (event.key === "Escape" && open) {
      setOpen(false);
      event.stopPropagation();
    } else return;
    event.preventDefault();
  };

  return (
    <div className="relative">
      <Field
        {...field}
        data-testid={testId}
        role="combobox"
        aria-autocomplete="list"
        aria-expanded={shown.length > 0}
        aria-controls={shown.length > 0 ? `${id}-list` : undefined}
        aria-activedescendant={marked >= 0 ? optionId(marked) : undefined}
        autoComplete="off"
        value={text}
        onFocus={(event) => event.currentTarget.select()}
        onClick={show}
        onBlur={() => setOpen(false)}
        onKeyDown={onKeyDown}
        onChange={(event) => {
          setTyped(true);
          setAt(0);
          setOpen(true);
          onType(event.target.value);
        }}
      />
      {/* A region is spoken if it was there before its words. */}
      <p role="status" className={open && shown.length === 0 ? POPUP : "sr-only"}>
        {open && shown.length === 0 && <span className="block px-2 py-1 text-sm text-quiet">{none}</span>}
      </p>
      {shown.length > 0 && (
        <div
          id={`${id}-list`}
          role="listbox"
          aria-label={listLabel}
          data-testid={`${testId}-list`}
          // The field keeps the focus.
          onPointerDown={(event) => event.preventDefault()}
          onMouseDown={(event) => event.preventDefault()}
          className={POPUP}
        >
          {shown.map((choice, n) => (
            // biome-ignore lint/a11y/useFocusableInteractive lint/a11y/useKeyWithClickEvents: keys are the field's
            <div
              key={choice.value}
              id={optionId(n)}
              role="option"
              aria-selected={n === marked}
              data-value={choice.value}
              onClick={() => take(choice)}
              className={`flex min-h-10 cursor-pointer items-center rounded-sm px-2 py-1 text-sm hover:bg-hover ${n === marked ? "bg-hover" : ""}`}
            >
              <span className="line-clamp-2 min-w-0 wrap-anywhere">{choice.label}</span>
            </div>
          ))}
        </div>
      )}
    </div>
  );
}

const POPUP =
  "absolute inset-x-0 top-full z-20 mt-1 max-h-[min(16rem,50dvh)] overflow-y-auto overscroll-contain rounded-md border bg-raised p-1 shadow-lg";
