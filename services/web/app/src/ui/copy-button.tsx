/** Copies a text and says so. Works on plain http too, where the clipboard API is missing. */
import { t } from "@lingui/core/macro";
import { Check, Copy } from "lucide-react";
import { useEffect, useState } from "react";
import { Button } from "./button";

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
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) return;
    const timer = setTimeout(() => setCopied(false), 1_800);
    return () => clearTimeout(timer);
  }, [copied]);
  return (
    <Button
      aria-label={label}
      data-testid={testId}
      className="sm:min-w-24"
      onClick={async () => setCopied(await copyText(text))}
    >
      {copied ? <Check aria-hidden className="size-4 text-good" /> : <Copy aria-hidden className="size-4" />}
      <span aria-live="polite" className={word ? undefined : "max-sm:sr-only"}>
        {copied ? t`Copied` : (word ?? t`Copy`)}
      </span>
    </Button>
  );
}

export async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const area = document.createElement("textarea");
    area.value = text;
    area.style.position = "fixed";
    area.style.opacity = "0";
    document.body.append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    return done;
  }
}
