/**
 * Buttons in their three weights, and the square icon button. Every one says what it does, also to screen readers. One that may not be pressed
 * now, or does something just now (`busy`), keeps the focus: it is `aria-disabled` and takes no press, for a browser takes the focus away from
 * what becomes `disabled`, and the next Tab begins at the page's head. One that goes away with the focus leaves it to what is around it; a `ref` of
 * its own does that instead.
 */
import type { ButtonHTMLAttributes, MouseEvent, ReactNode, Ref } from "react";
import { handsFocusOn } from "./hand-on";

type Weight = "primary" | "plain" | "danger";

const LOOK: Record<Weight, string> = {
  primary: "bg-action-strong text-on-action hover:brightness-110 border-transparent font-semibold",
  plain: "bg-transparent text-text border-line hover:bg-hover",
  danger: "bg-transparent text-bad border-line hover:bg-hover",
};

export function buttonLook(weight: Weight = "plain"): string {
  return `inline-flex h-9 shrink-0 items-center justify-center gap-2 rounded-sm border px-3 text-sm transition-[background-color,filter] aria-disabled:opacity-50 ${LOOK[weight]}`;
}

interface Pressed extends ButtonHTMLAttributes<HTMLButtonElement> {
  /** What it does is being done. */
  busy?: boolean;
  ref?: Ref<HTMLButtonElement>;
}

/** A press that does nothing, and sends no form: Enter in a field presses the form's button, too. */
const nothing = (event: MouseEvent) => event.preventDefault();

function pressed({ busy = false, disabled = false, ...rest }: Omit<Pressed, "ref">) {
  if (!busy && !disabled) return rest;
  return { ...rest, "aria-disabled": true, "aria-busy": busy || undefined, onClick: nothing };
}

export function Button({
  weight = "plain",
  className = "",
  children,
  ref,
  ...rest
}: Pressed & {
  weight?: Weight;
}) {
  return (
    <button
      type="button"
      ref={ref ?? handsFocusOn}
      {...pressed(rest)}
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
  ref,
  ...rest
}: Pressed & {
  label: string;
  children: ReactNode;
}) {
  return (
    <button
      type="button"
      aria-label={label}
      title={label}
      ref={ref ?? handsFocusOn}
      {...pressed(rest)}
      className={`icon-button inline-flex shrink-0 items-center justify-center rounded-sm transition-colors hover:bg-hover aria-disabled:opacity-50 ${className}`}
    >
      {children}
    </button>
  );
}
