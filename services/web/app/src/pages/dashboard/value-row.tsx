/** A value to carry into OBS: its name there, itself, and a button that copies it. Keys stay covered until asked for. */
import { t } from "@lingui/core/macro";
import { Eye, EyeOff } from "lucide-react";
import { useState } from "react";
import { IconButton } from "../../ui/button";
import { CopyButton } from "../../ui/copy-button";

export function ValueRow({
  mark,
  label,
  value,
  secret = false,
  testId,
}: {
  /** Its number in the picture of OBS, where there is one. */
  mark?: string;
  label: string;
  value: string;
  secret?: boolean;
  testId: string;
}) {
  const [open, setOpen] = useState(false);
  const covered = secret && !open;
  return (
    <div className="flex flex-col gap-1.5">
      <span className="flex items-center gap-2 text-sm font-medium">
        {mark && (
          <span
            aria-hidden
            className="inline-flex size-5 items-center justify-center rounded-full bg-action-strong text-xs font-semibold text-on-action"
          >
            {mark}
          </span>
        )}
        {label}
      </span>
      <div className="flex gap-2">
        <code
          data-testid={testId}
          data-value={value}
          className="flex h-9 min-w-0 flex-1 items-center overflow-x-auto rounded-sm border bg-ground px-3 font-mono text-sm whitespace-nowrap"
        >
          {covered ? "•".repeat(24) : value}
        </code>
        {secret && (
          <IconButton
            label={open ? t`Cover the key` : t`Show the key`}
            onClick={() => setOpen(!open)}
            className="border"
          >
            {open ? <EyeOff aria-hidden className="size-4" /> : <Eye aria-hidden className="size-4" />}
          </IconButton>
        )}
        <CopyButton text={value} label={t`Copy ${label}`} testId={`copy-${testId}`} />
      </div>
    </div>
  );
}
