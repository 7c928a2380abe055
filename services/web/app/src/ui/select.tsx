/** A labelled choice of one. */
import { type ReactNode, type Ref, type SelectHTMLAttributes, useId } from "react";
import { inputLook } from "./field";

export function Select({
  label,
  children,
  quiet = false,
  ...rest
}: SelectHTMLAttributes<HTMLSelectElement> & {
  label: string;
  children: ReactNode;
  quiet?: boolean;
  ref?: Ref<HTMLSelectElement>;
}) {
  const id = useId();
  return (
    <div className="flex min-w-0 flex-col gap-1.5">
      <label htmlFor={id} className={quiet ? "sr-only" : "text-sm font-medium"}>
        {label}
      </label>
      <select id={id} {...rest} className={inputLook}>
        {children}
      </select>
    </div>
  );
}
