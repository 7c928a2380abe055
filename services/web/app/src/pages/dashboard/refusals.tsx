/** Publishes that were refused lately, and what to do. */
import { CircleAlert } from "lucide-react";
import type { Refusal } from "../../api/contract";
import { ago } from "../../ui/figures";
import { useNow } from "../../ui/use-now";
import { refusalWords } from "./refusal-words";

/** Older ones stay with the server. */
const SHOWN = 3;

export function Refusals({ list }: { list: Refusal[] }) {
  const now = useNow(20_000);
  if (list.length === 0) return null;
  return (
    <section
      aria-label="Refused publishes"
      role="status"
      className="flex flex-col gap-2"
      data-testid="refusals"
    >
      {list.slice(0, SHOWN).map((refusal) => {
        const { why, remedy } = refusalWords(refusal);
        return (
          <div
            key={`${refusal.at}${refusal.code}`}
            data-testid="refusal"
            data-code={refusal.code}
            className="flex gap-3 rounded-md border bg-raised p-4"
          >
            <CircleAlert aria-hidden className="mt-0.5 size-4 shrink-0 text-warn" />
            <p>
              <span className="font-medium">{why}</span> {remedy}{" "}
              <span className="whitespace-nowrap text-quiet">{ago(refusal.at, now)}</span>
            </p>
          </div>
        );
      })}
    </section>
  );
}
