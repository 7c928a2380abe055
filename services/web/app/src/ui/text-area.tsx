/** A labelled text of several lines that says what is wrong beside itself, and how much room is left. */
import { t } from "@lingui/core/macro";
import { type Ref, type TextareaHTMLAttributes, useId } from "react";
import { number } from "./figures";

export function TextArea({
  label,
  error,
  value,
  maxLength,
  ...rest
}: TextareaHTMLAttributes<HTMLTextAreaElement> & {
  label: string;
  value: string;
  maxLength: number;
  error?: string | undefined;
  ref?: Ref<HTMLTextAreaElement>;
}) {
  const id = useId();
  return (
    <div className="flex flex-col gap-1.5">
      <label htmlFor={id} className="text-sm font-medium">
        {label}
      </label>
      <textarea
        id={id}
        rows={4}
        {...rest}
        value={value}
        maxLength={maxLength}
        aria-invalid={error ? true : undefined}
        aria-describedby={`${id}-said`}
        className="w-full rounded-sm border border-line bg-ground px-3 py-2 text-base text-text placeholder:text-quiet aria-invalid:border-bad focus-visible:outline-offset-0 sm:text-sm"
      />
      <p id={`${id}-said`} className={`text-xs ${error ? "text-bad" : "text-quiet"}`}>
        {error ?? t`${number(value.length)} of ${number(maxLength)} characters`}
      </p>
    </div>
  );
}
