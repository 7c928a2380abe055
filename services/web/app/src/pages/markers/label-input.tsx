/**
 * A marker's label to be written. What is too long is said below it, and stays to be shortened. How much too long changes at each key: that
 * is read with the field, and aloud it is said only once that there is too much.
 */
import { t } from "@lingui/core/macro";
import type { InputHTMLAttributes, ReactNode } from "react";
import { useId } from "react";
import { MAX_LABEL } from "../../api/desk";
import { labelRefused } from "../../chat/marker-words";
import { inputLook } from "../../ui/field";

export function LabelInput({
  value,
  write,
  failed,
  children,
  ...rest
}: Omit<InputHTMLAttributes<HTMLInputElement>, "value" | "onChange" | "className"> & {
  value: string;
  write: (label: string) => void;
  /** Why the server did not take it. */
  failed: string | null;
  /** Buttons beside it. */
  children: ReactNode;
}) {
  const id = useId();
  const over = labelRefused(value);
  return (
    <>
      <div className="flex gap-2">
        <input
          {...rest}
          className={inputLook}
          value={value}
          aria-invalid={(over ?? failed) ? true : undefined}
          aria-describedby={id}
          onChange={(event) => write(event.target.value)}
        />
        {children}
      </div>
      <p id={id} data-testid="marker-refused" className="pt-1.5 text-xs text-bad empty:hidden">
        {over ?? failed}
      </p>
      <p role="alert" className="sr-only">
        {over ? t`A label has at most ${MAX_LABEL} characters.` : failed}
      </p>
    </>
  );
}
