/**
 * The player's keys as a list over the picture, opened by "?" or its button. Escape or the button close it. Here they are switched off for
 * the page around the player; this browser remembers it.
 */
import { t } from "@lingui/core/macro";
import { X } from "lucide-react";
import { useEffect, useId, useRef } from "react";
import { say } from "../language/say";
import { keepChoice } from "./choices";
import { KEYS } from "./key-names";

export function KeyList({
  theatre,
  captions,
  everywhere,
  onEverywhere,
  onClose,
}: {
  /** Whether there is room for the theatre, and whether there are captions. */
  theatre: boolean;
  captions: boolean;
  /** Whether keys count that are pressed outside of the player. */
  everywhere: boolean;
  onEverywhere: (on: boolean) => void;
  onClose: () => void;
}) {
  const can = { theatre, captions };
  const id = useId();
  const close = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    // Whoever had the focus gets it back.
    const before = document.activeElement as HTMLElement | null;
    close.current?.focus({ preventScroll: true });
    return () => before?.focus?.({ preventScroll: true });
  }, []);
  return (
    <div
      role="dialog"
      aria-label={t`Keys`}
      data-testid="player-keys"
      onKeyDown={(event) => {
        if (event.key !== "Escape") return;
        event.preventDefault();
        onClose();
      }}
      className="absolute inset-0 z-20 m-auto flex h-fit max-h-[calc(100%-1.5rem)] w-fit max-w-[calc(100%-1.5rem)] flex-col overflow-y-auto rounded-md border border-white/15 bg-black/90 text-sm"
    >
      <div className="flex items-center justify-between gap-8 py-1.5 pr-1.5 pl-4">
        <h2 className="font-semibold">{t`Keys`}</h2>
        <button
          ref={close}
          type="button"
          aria-label={t`Close the list of keys`}
          title={t`Close (Esc)`}
          onClick={onClose}
          className="inline-flex size-9 items-center justify-center rounded-sm hover:bg-white/15"
        >
          <X aria-hidden className="size-5" />
        </button>
      </div>
      <div className="max-w-72 px-4 pb-3">
        <label className="flex items-center gap-2">
          <input
            type="checkbox"
            checked={everywhere}
            aria-describedby={id}
            data-testid="player-keys-everywhere"
            onChange={({ target }) => {
              keepChoice("keys", target.checked ? "on" : "off");
              onEverywhere(target.checked);
            }}
            className="size-4 shrink-0 accent-white"
          />
          {t`Keys on the whole page`}
        </label>
        <p id={id} className="pt-0.5 text-xs text-white/75">
          {t`Switched off, they work only while the focus is in the player.`}
        </p>
      </div>
      <dl className="grid grid-cols-[auto_auto] gap-x-6 gap-y-1.5 px-4 pb-4">
        {KEYS.filter(({ only }) => !only || can[only]).map(({ keys, does }) => (
          <div key={does.id} className="col-span-2 grid grid-cols-subgrid items-center">
            <dt className="flex gap-1">
              {keys
                .map((named) => (typeof named === "string" ? named : say(named)))
                .map((key) => (
                  <kbd
                    key={key}
                    className="inline-flex h-6 min-w-6 items-center justify-center rounded-[4px] border border-white/25 px-1.5 font-sans text-xs"
                  >
                    {key}
                  </kbd>
                ))}
            </dt>
            <dd className="text-white/80">{say(does)}</dd>
          </div>
        ))}
      </dl>
    </div>
  );
}
