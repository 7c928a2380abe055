/** The emotes to choose from, with search; everybody's after the channel's own. Loaded when it is first opened. */
import { t } from "@lingui/core/macro";
import { useEffect, useRef, useState } from "react";
import type { EmoteSet } from "../api/chat";
import { inputLook } from "../ui/field";

const COLUMNS = 7;

export function EmotePicker({
  set,
  failed,
  onPick,
  onClose,
}: {
  set: EmoteSet | undefined;
  failed: boolean;
  onPick: (name: string) => void;
  onClose: () => void;
}) {
  const [search, setSearch] = useState("");
  const box = useRef<HTMLDivElement>(null);
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => field.current?.focus(), []);
  const closing = useRef(onClose);
  useEffect(() => {
    closing.current = onClose;
  });
  useEffect(() => {
    const outside = (event: PointerEvent) => {
      const target = event.target as Element;
      if (!box.current?.contains(target) && !target.closest("[data-testid=chat-emotes]")) closing.current();
    };
    document.addEventListener("pointerdown", outside);
    return () => document.removeEventListener("pointerdown", outside);
  }, []);

  const wanted = search.trim().toLowerCase();
  const groups = [
    { title: t`This channel's`, all: set?.channel ?? [] },
    { title: t`Everybody's`, all: set?.global ?? [] },
  ]
    .map(({ title, all }) => ({ title, list: all.filter((e) => e.name.includes(wanted)) }))
    .filter((g) => g.list.length > 0);
  const first = groups[0]?.list[0];

  const move = (event: React.KeyboardEvent) => {
    event.stopPropagation();
    if (event.key === "Escape") return onClose();
    const all = [...(box.current?.querySelectorAll<HTMLElement>("[data-emote]") ?? [])];
    const at = all.indexOf(document.activeElement as HTMLElement);
    const steps: Record<string, number> = { ArrowDown: COLUMNS, ArrowUp: -COLUMNS };
    if (at >= 0) Object.assign(steps, { ArrowRight: 1, ArrowLeft: -1 });
    const step = steps[event.key];
    if (step === undefined) {
      if (event.key === "Enter" && at < 0 && first) {
        event.preventDefault();
        onPick(first.name);
        onClose();
      }
      return;
    }
    event.preventDefault();
    if (at < 0) all[0]?.focus();
    else if (at + step < 0) field.current?.focus();
    else all[Math.min(all.length - 1, at + step)]?.focus();
  };

  return (
    <div
      ref={box}
      role="dialog"
      aria-label={t`Emotes`}
      data-testid="emote-picker"
      tabIndex={-1}
      onKeyDown={move}
      className="absolute inset-x-3 bottom-full z-20 mb-1 flex max-h-80 flex-col rounded-md border bg-raised shadow-lg"
    >
      <div className="p-2">
        <input
          ref={field}
          type="search"
          aria-label={t`Search emotes`}
          placeholder={t`Search`}
          value={search}
          onChange={(event) => setSearch(event.target.value)}
          className={inputLook}
        />
      </div>
      <div className="min-h-0 overflow-y-auto px-2 pb-2">
        {groups.map(({ title, list }) => (
          <section key={title} aria-label={title}>
            <h3 className="px-1 py-1 text-xs text-quiet">{title}</h3>
            <div className="grid grid-cols-7">
              {list.map((emote) => (
                <button
                  key={emote.name}
                  type="button"
                  data-emote
                  title={`:${emote.name}:`}
                  onClick={() => {
                    onPick(emote.name);
                    onClose();
                  }}
                  className="flex aspect-square items-center justify-center rounded-sm hover:bg-hover focus-visible:bg-hover focus-visible:outline-offset-[-2px]"
                >
                  <img src={emote.url} alt={emote.name} loading="lazy" className="size-7 object-contain" />
                </button>
              ))}
            </div>
          </section>
        ))}
        <p role="status" className="px-1 py-2 text-sm text-quiet empty:py-0">
          {failed
            ? t`The emotes did not load. Close this and try again.`
            : !set
              ? t`Loading…`
              : groups.length === 0
                ? t`No emote has that name.`
                : ""}
        </p>
      </div>
    </div>
  );
}
