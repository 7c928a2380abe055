/** Copies a text and says so, also that it did not work. Works on plain http too, where the clipboard API is missing. */
import { t } from "@lingui/core/macro";
import { Check, Copy, X } from "lucide-react";
import { useEffect, useState } from "react";
import { Button } from "./button";

/** What became of the last press, while that is said. */
export type Became = "copied" | "failed" | null;

/** "Copied" or not stands for so long. */
const SAID_MS = 1_800;

/** What copies a text, and what became of it. */
export function useCopy(): [Became, (text: string) => Promise<void>] {
  const [became, setBecame] = useState<Became>(null);
  useEffect(() => {
    if (!became) return;
    const timer = setTimeout(() => setBecame(null), SAID_MS);
    return () => clearTimeout(timer);
  }, [became]);
  return [became, async (text) => setBecame((await copyText(text)) ? "copied" : "failed")];
}

export function CopyButton({
  text,
  label,
  word,
  testId,
}: {
  text: string;
  label: string;
  /** What stands on the button, on narrow screens too; without it "Copy", and there the sign alone. */
  word?: string;
  testId?: string;
}) {
  const [became, copy] = useCopy();
  return (
    <Button aria-label={label} data-testid={testId} className="sm:min-w-24" onClick={() => copy(text)}>
      {became === "copied" ? (
        <Check aria-hidden className="size-4 text-good" />
      ) : became === "failed" ? (
        <X aria-hidden className="size-4 text-bad" />
      ) : (
        <Copy aria-hidden className="size-4" />
      )}
      <span aria-live="polite" className={word ? undefined : "max-sm:sr-only"}>
        {became === "copied" ? t`Copied` : became === "failed" ? t`Not copied` : (word ?? t`Copy`)}
      </span>
    </Button>
  );
}

export async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copyBySelection(text);
  }
}

/**
 * As pages did before there was a clipboard: by a field that is selected for a moment. It is put into the open dialog, since nothing outside of
 * one can be selected; and whoever had the focus has it again.
 */
function copyBySelection(text: string): boolean {
  const before = document.activeElement as HTMLElement | null;
  const area = document.createElement("textarea");
  area.value = text;
  area.style.position = "fixed";
  area.style.opacity = "0";
  const dialogs = [...document.querySelectorAll("dialog[open]")];
  (dialogs.at(-1) ?? document.body).append(area);
  area.focus({ preventScroll: true });
  area.select();
  const done = document.execCommand("copy");
  area.remove();
  before?.focus?.({ preventScroll: true });
  return done;
}
