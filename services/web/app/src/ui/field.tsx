/** A labelled input that says what is wrong beside itself and keeps what was typed. */
import { CircleAlert } from "lucide-react";
import { type InputHTMLAttributes, useId } from "react";

export const inputLook =
  "h-10 w-full min-w-0 rounded-sm border border-line bg-ground px-3 text-base text-text placeholder:text-quiet aria-invalid:border-bad focus-visible:outline-offset-0 sm:text-sm";

export function Field({
  label,
  hint,
  error,
  ...rest
}: InputHTMLAttributes<HTMLInputElement> & {
  label: string;
  hint?: string | undefined;
  error?: string | undefined;
}) {
  const id = useId();
  const said = error ?? hint;
  return (
    <div className="flex flex-col gap-1.5">
      <label htmlFor={id} className="text-sm font-medium">
        {label}
      </label>
      <input
        id={id}
        {...rest}
        aria-invalid={error ? true : undefined}
        aria-describedby={said ? `${id}-said` : undefined}
        className={inputLook}
      />
      {said && (
        <p id={`${id}-said`} className={`text-xs ${error ? "text-bad" : "text-quiet"}`}>
          {said}
        </p>
      )}
    </div>
  );
}

/** What went wrong with a whole form. */
export function FormError({ children }: { children: string | null | undefined }) {
  return (
    <div role="alert" data-testid="form-error" className="empty:absolute">
      {children && (
        <p className="flex items-start gap-2 rounded-sm border border-line bg-ground p-3 text-sm">
          <CircleAlert aria-hidden className="mt-0.5 size-4 shrink-0 text-bad" />
          <span>{children}</span>
        </p>
      )}
    </div>
  );
}
