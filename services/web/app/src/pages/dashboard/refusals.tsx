/** Starts of the encoder that were refused lately, and what to do. */
import { t } from "@lingui/core/macro";
import { CircleAlert } from "lucide-react";
import type { Refusal } from "../../api/contract";
import { ago } from "../../ui/figures";
import { useNow } from "../../ui/use-now";
import { refusalWords } from "./refusal-words";

/** An encoder that tries again and again is refused each time: the newest of each kind tells it all. */
const SHOWN = 3;

export function Refusals({ list }: { list: Refusal[] }) {
  const now = useNow(20_000);
  const said = new Map<string, Refusal>();
  for (const refusal of list) {
    const words = refusalWords(refusal);
    if (!said.has(words)) said.set(words, refusal);
  }
  if (said.size === 0) return null;
  return (
    <section
      aria-label={t`What was refused`}
      role="status"
      className="flex flex-col gap-2"
      data-testid="refusals"
    >
      {[...said].slice(0, SHOWN).map(([words, refusal]) => (
        <div
          key={words}
          data-testid="refusal"
          data-code={refusal.code}
          className="flex gap-3 rounded-md border bg-raised p-4"
        >
          <CircleAlert aria-hidden className="mt-0.5 size-4 shrink-0 text-warn" />
          <p>
            {words} <span className="whitespace-nowrap text-quiet">{ago(refusal.at, now)}</span>
          </p>
        </div>
      ))}
    </section>
  );
}
