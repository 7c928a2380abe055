/** What completion offers, over the input. The focus stays in the input; this list is told by `aria-activedescendant`. */
import { t } from "@lingui/core/macro";
import type { Offer } from "./completion";

export const offerId = (id: string, index: number) => `${id}-${index}`;

export function CompletionList({
  id,
  offers,
  chosen,
  onTake,
}: {
  id: string;
  offers: Offer[];
  chosen: number;
  onTake: (offer: Offer) => void;
}) {
  if (offers.length === 0) return null;
  return (
    <div
      id={id}
      role="listbox"
      aria-label={t`Completions`}
      data-testid="chat-completions"
      className="absolute inset-x-3 bottom-full z-20 mb-1 rounded-md border bg-raised p-1 shadow-lg"
    >
      {offers.map((offer, n) => (
        // biome-ignore lint/a11y/useFocusableInteractive lint/a11y/useKeyWithClickEvents: keys are the input's
        <div
          key={offer.key}
          id={offerId(id, n)}
          role="option"
          aria-selected={n === chosen}
          // The input keeps the focus.
          onPointerDown={(event) => event.preventDefault()}
          onClick={() => onTake(offer)}
          className={`flex min-h-9 cursor-pointer items-center gap-2 rounded-sm px-2 py-1 text-sm ${n === chosen ? "bg-hover" : ""}`}
        >
          {offer.image && <img src={offer.image} alt="" className="size-6 object-contain" />}
          <span className="min-w-0">
            <span className="font-medium">{offer.label}</span>
            {offer.hint && <span className="block text-xs text-quiet">{offer.hint}</span>}
          </span>
        </div>
      ))}
    </div>
  );
}
