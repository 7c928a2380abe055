/**
 * One of the cards over the lines: its head and what it holds. It can be put away. Folded it is a line, which opens it; who has it says
 * whether it folds.
 */
import { t } from "@lingui/core/macro";
import { ChevronDown, X } from "lucide-react";
import { type ReactNode, useId } from "react";
import { IconButton } from "../ui/button";

/** Whether a card is one line, and the way to change that; null where there is room for all of it. */
export type Fold = { open: boolean; change: (open: boolean) => void } | null;

/** A word of a card's head that does something for everybody. */
export const ACT = "min-h-7 shrink-0 rounded-sm px-1 font-medium text-action hover:underline";

export function Card({
  fold,
  name,
  icon,
  title,
  line,
  opens,
  acts,
  onAway,
  away,
  testId,
  children,
}: {
  fold: Fold;
  name: string;
  icon: ReactNode;
  /** Over it when it is open. */
  title: ReactNode;
  /** All of it, in a line. */
  line: ReactNode;
  /** What opening it is for, in a word. */
  opens: string;
  /** Beside the title, always in sight. */
  acts?: ReactNode;
  onAway: () => void;
  away: string;
  testId: string;
  children: ReactNode;
}) {
  const id = useId();
  const open = fold?.open ?? true;
  return (
    <section
      aria-label={name}
      data-testid={testId}
      data-folded={!open || undefined}
      className="flex shrink-0 flex-col border-b pr-2 pl-4"
    >
      <div className="flex min-h-10 items-center gap-1.5 text-xs text-quiet">
        {fold ? (
          <button
            type="button"
            aria-expanded={open}
            aria-controls={id}
            data-testid={`${testId}-fold`}
            className="flex min-h-10 min-w-0 flex-1 items-center gap-1.5 text-left"
            onClick={() => fold.change(!open)}
          >
            {icon}
            <span className={`figures min-w-0 flex-1 truncate ${open ? "" : "text-sm text-text"}`}>
              {open ? title : line}
            </span>
            <span className="inline-flex shrink-0 items-center gap-0.5 font-medium text-action">
              {open ? t`Less` : opens}
              <ChevronDown aria-hidden className={`size-3.5 ${open ? "rotate-180" : ""}`} />
            </span>
          </button>
        ) : (
          <>
            {icon}
            <span className="figures min-w-0 flex-1 truncate">{title}</span>
          </>
        )}
        {open && acts}
        <IconButton label={away} className="size-7" onClick={onAway}>
          <X aria-hidden className="size-3.5" />
        </IconButton>
      </div>
      {open && (
        <div id={id} className="pr-2 pb-2">
          {children}
        </div>
      )}
    </section>
  );
}
