/** Where the dashboard will be, while it is asked for; and bars for a part of it that comes later. */
import { t } from "@lingui/core/macro";
import { SlowWords } from "../../ui/slow-words";

const BAR = "rounded-sm bg-hover";

export function DashboardSkeleton() {
  return (
    <div className="flex min-w-0 flex-1 flex-col chat:flex-row" data-testid="dashboard-skeleton">
      <p role="status" className="sr-only">
        {t`The dashboard is loading`}
      </p>
      <div className="min-w-0 flex-1">
        <SlowWords className="mx-auto max-w-5xl px-4 pt-4 text-sm text-quiet sm:px-6" />
        <div aria-hidden className="mx-auto flex max-w-5xl flex-col gap-4 px-4 py-6 sm:px-6">
          <div className="flex min-h-12 flex-col gap-2">
            <div className={`h-6 w-36 ${BAR}`} />
            <div className={`h-4 w-64 max-w-full ${BAR}`} />
          </div>
          {[0, 1, 2].map((n) => (
            <div key={n} className="flex min-h-32 flex-col gap-3 rounded-md border bg-raised p-4 sm:p-5">
              <Bars widths={["w-40", "w-full", "w-2/3"]} />
            </div>
          ))}
        </div>
      </div>
      <div
        aria-hidden
        className="h-[28rem] border-t chat:h-[calc(100dvh-3.5rem-var(--above,0px))] chat:w-[340px] chat:border-t-0 chat:border-l"
      />
    </div>
  );
}

/** A line of text each, of these widths. */
export function Bars({ widths }: { widths: string[] }) {
  return (
    <div aria-hidden className="flex flex-col gap-3">
      {widths.map((width) => (
        <div key={width} className={`h-4 max-w-full ${width} ${BAR}`} />
      ))}
    </div>
  );
}
