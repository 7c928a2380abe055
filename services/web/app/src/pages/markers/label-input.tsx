/** A marker's label to be written. What is too long is said below it, and stays to be shortened. */
import type { InputHTMLAttributes, ReactNode } from "react";
import { useId } from "react";
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
  const wrong = labelRefused(value) ?? failed;
  return (
    <>
      <div className="flex gap-2">
        <input
          {...rest}
          className={inputLook}
          value={value}
          aria-invalid={wrong ? true : undefined}
          aria-describedby={id}
          onChange={(event) => write(event.target.value)}
        />
        {children}
      </div>
      <p id={id} role="alert" data-testid="marker-refused" className="pt-1.5 text-xs text-bad empty:hidden">
        {wrong}
      </p>
    </>
  );
}
