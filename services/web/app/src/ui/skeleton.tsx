/** What stands in place of a page or of rows that are on their way, in about their size; it says so when that takes long. */
import { t } from "@lingui/core/macro";
import { SlowWords } from "./slow-words";

/** Of a page whose content is not known yet, nor perhaps whether there is any. */
export function PageSkeleton() {
  return (
    <div className="mx-auto flex w-full max-w-4xl flex-col gap-4 px-4 py-6 sm:px-6" data-testid="page-waits">
      <h1 className="h-7 w-56 max-w-full rounded-sm bg-raised">
        <span className="sr-only">{t`A moment …`}</span>
      </h1>
      <SlowWords />
      <Blocks />
    </div>
  );
}

/** Of a page's sections below their heading. */
function Blocks() {
  return (
    <div aria-hidden className="flex flex-col gap-4">
      {[0, 1, 2].map((n) => (
        <div key={n} className="h-28 rounded-md border bg-raised" />
      ))}
    </div>
  );
}

/** Of the rows of a section, which has its heading already. */
export function RowsSkeleton({ rows = 1 }: { rows?: number }) {
  return (
    <div className="border-t">
      <div aria-hidden className="divide-y">
        {Array.from({ length: rows }, (_, n) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: they are all alike
          <div key={n} className="flex h-14 items-center gap-4 px-4 sm:px-5">
            <div className="min-w-0 flex-1">
              <div className="h-3.5 w-2/5 rounded-sm bg-hover" />
              <div className="mt-1.5 h-2.5 w-1/4 rounded-sm bg-hover" />
            </div>
            <div className="h-8 w-20 rounded-sm bg-hover" />
          </div>
        ))}
      </div>
      <SlowWords className="px-4 pb-3 text-sm text-quiet sm:px-5" />
    </div>
  );
}
