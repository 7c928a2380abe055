/** Buttons in their three weights, and the square icon button. Every one says what it does, also to screen readers. */
import type { ButtonHTMLAttributes, ReactNode, Ref } from "react";

type Weight = "primary" | "plain" | "danger";

const LOOK: Record<Weight, string> = {
  primary: "bg-action-strong text-on-action hover:brightness-110 border-transparent font-semibold",
  plain: "bg-transparent text-text border-line hover:bg-hover",
  danger: "bg-transparent text-bad border-line hover:bg-hover",
};

export function buttonLook(weight: Weight = "plain"): string {
  return `inline-flex h-9 shrink-0 items-center justify-center gap-2 rounded-sm border px-3 text-sm transition-[background-color,filter] disabled:opacity-50 ${LOOK[weight]}`;
}

export function Button({
  weight = "plain",
  busy = false,
  className = "",
  children,
  ...rest
}: ButtonHTMLAttributes<HTMLButtonElement> & {
  weight?: Weight;
  busy?: boolean;
  ref?: Ref<HTMLButtonElement>;
}) {
  return (
    <button
      type="button"
      {...rest}
      disabled={rest.disabled || busy}
      aria-busy={busy || undefined}
      className={`${buttonLook(weight)} ${className}`}
    >
      {children}
    </button>
  );
}

export function IconButton({
  label,
  className = "",
  children,
  ...rest
}: ButtonHTMLAttributes<HTMLButtonElement> & {
  label: string;
  children: ReactNode;
  ref?: Ref<HTMLButtonElement>;
}) {
  return (
    <button
      type="button"
      aria-label={label}
      title={label}
      {...rest}
      className={`inline-flex size-9 shrink-0 items-center justify-center rounded-sm transition-colors hover:bg-hover disabled:opacity-50 ${className}`}
    >
      {children}
    </button>
  );
}
