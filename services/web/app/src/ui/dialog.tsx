/**
 * A dialog over the page, on the browser's own `<dialog>`: it keeps the focus inside and gives it back. When what had the focus is gone
 * meanwhile (a line of the chat that left), `fallback` gets it, so that it is never lost. A field with `data-first` has it first: React's `autoFocus`
 * comes before the dialog is open.
 */
import { t } from "@lingui/core/macro";
import { X } from "lucide-react";
import { type ReactNode, useEffect, useId, useRef } from "react";
import { IconButton } from "./button";

export function Dialog({
  title,
  onClose,
  fallback,
  wide = false,
  testId,
  children,
}: {
  title: ReactNode;
  onClose: () => void;
  fallback?: () => HTMLElement | null;
  wide?: boolean;
  testId?: string;
  children: ReactNode;
}) {
  const box = useRef<HTMLDialogElement>(null);
  const id = useId();
  const closing = useRef({ onClose, fallback });
  useEffect(() => {
    closing.current = { onClose, fallback };
  });
  useEffect(() => {
    const dialog = box.current;
    const before = document.activeElement instanceof HTMLElement ? document.activeElement : null;
    dialog?.showModal();
    dialog?.querySelector<HTMLElement>("[data-first]")?.focus();
    return () => {
      dialog?.close();
      if (before?.isConnected && before !== document.body) before.focus();
      else closing.current.fallback?.()?.focus();
    };
  }, []);
  return (
    <dialog
      ref={box}
      aria-labelledby={id}
      data-testid={testId}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
      onKeyDown={(event) => event.stopPropagation()}
      onClick={(event) => event.target === box.current && onClose()}
      className={`m-auto max-h-[88dvh] w-[calc(100%-2rem)] flex-col overflow-hidden rounded-md border bg-raised p-0 text-text backdrop:bg-black/60 open:flex ${wide ? "max-w-2xl" : "max-w-md"}`}
    >
      <header className="flex shrink-0 items-center gap-3 border-b py-2 pr-2 pl-4">
        <h2 id={id} className="min-w-0 flex-1 truncate text-base font-semibold">
          {title}
        </h2>
        <IconButton label={t`Close`} onClick={onClose}>
          <X aria-hidden className="size-4" />
        </IconButton>
      </header>
      <div className="min-h-0 overflow-y-auto p-4">{children}</div>
    </dialog>
  );
}
