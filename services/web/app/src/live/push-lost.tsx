/** Says that nothing is pushed while that is so: what the page shows may be old. Where it stands is the page's to say. */
import { t } from "@lingui/core/macro";
import { usePushDown } from "./use-live";

/** Over a picture that fills the page, as its player's own notices are. */
export const OVER_PICTURE =
  "pointer-events-none fixed top-3 right-3 z-20 max-w-[min(22rem,calc(100%-1.5rem))] rounded-sm bg-black/80 px-3 py-2 text-sm text-white";

export function PushLost({ className }: { className: string }) {
  const down = usePushDown();
  // A region is spoken if it was there before its words.
  return (
    <div role="status" className="absolute">
      {down && (
        <p data-testid="push-lost" className={className}>
          {t`Connection to the server lost. Trying again; what you see may be old.`}
        </p>
      )}
    </div>
  );
}
