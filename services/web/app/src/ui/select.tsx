/** A labelled choice of one, that says what is wrong beside itself. */
import { type ReactNode, type Ref, type SelectHTMLAttributes, useId } from "react";
import { inputLook } from "./field";

export function Select({
  label,
  children,
  quiet = false,
  error,
  ...rest
}: SelectHTMLAttributes<HTMLSelectElement> & {
  label: string;
  children: ReactNode;
  quiet?: boolean;
  error?: string | undefined;
  ref?: Ref<HTMLSelectElement>;
}) {
  const id = useId();
  return (
    <div className="flex min-w-0 flex-col gap-1.5">
      <label htmlFor={id} className={quiet ? "sr-only" : "text-sm font-medium"}>
        {label}
      </label>
      <select
        id={id}
        {...rest}
        aria-invalid={error ? true : undefined}
        aria-describedby={error ? `${id}-said` : undefined}
        className={inputLook}
      >
        {children}
      </select>
      {error && (
        <p id={`${id}-said`} className="text-xs text-bad">
          {error}
        </p>
      )}
    </div>
  );
}
