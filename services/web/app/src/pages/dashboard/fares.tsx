/** How viewers fare: a sentence, figures of the last half hour, and its course as charts and as a table. */
import { t } from "@lingui/core/macro";
import { useQuery } from "@tanstack/react-query";
import { CircleCheck, Info, TriangleAlert } from "lucide-react";
import type { RefObject } from "react";
import type { OwnStream } from "../../api/contract";
import { sentence } from "../../api/problem";
import { ownQoe } from "../../api/qoe";
import { keys } from "../../live/use-live";
import { Chart } from "../../ui/chart";
import { average } from "../../ui/figures";
import { useNow } from "../../ui/use-now";
import { CHART_CARD, CourseCharts, type CourseKey } from "../history/course-charts";
import { rangeWords } from "../history/figures-of";
import { shareOf } from "../history/units";
import { FareTable } from "./fare-table";
import { fareFigures, verdict, waitingPoints } from "./fare-words";
import type { RecentCourse } from "./recent-course";
import { Bars } from "./skeleton";

/** Minutes grow by what players tell every ten seconds. */
const AGAIN_MS = 30_000;
/** Pushes come once a second; charts that are drawn less often cost a tenth of a core less. */
const DRAWN_MS = 2_000;

const ICONS = {
  good: <CircleCheck aria-hidden className="mt-0.5 size-4 shrink-0 text-good" />,
  quiet: <Info aria-hidden className="mt-0.5 size-4 shrink-0 text-quiet" />,
  warn: <TriangleAlert aria-hidden className="mt-0.5 size-4 shrink-0 text-warn" />,
};

export function Fares({ stream, recent }: { stream: OwnStream; recent: RefObject<RecentCourse> }) {
  const now = useNow(DRAWN_MS);
  const broadcast = stream.live?.broadcast_id ?? null;
  // Hidden pages do not ask: that is the query's own habit.
  const query = useQuery({
    queryKey: [...keys.own, "qoe", broadcast],
    queryFn: ({ signal }) => ownQoe(signal),
    staleTime: 0,
    refetchInterval: AGAIN_MS,
    refetchOnWindowFocus: true,
  });
  // What is over answers for itself: minutes of another broadcast are none of this one.
  const told = query.data?.broadcast_id === broadcast ? query.data : undefined;
  const minutes = told?.minutes ?? [];
  const renditions = stream.live?.renditions ?? [];
  const points = recent.current.points(told?.course ?? [], (told?.point_s ?? 60) * 1_000, now);
  const said = verdict({ minutes, points, renditions, viewers: stream.live?.viewers ?? 0, now });
  const shown: CourseKey[] = [
    "bitrate",
    "fps",
    "drops",
    ...(renditions.length > 1 ? ["lag" as const] : []),
    "viewers",
  ];
  return (
    <section aria-labelledby="fares-title" data-testid="fares" className="flex min-w-0 flex-col gap-4">
      <div className="rounded-md border bg-raised p-4 sm:p-5">
        <h2 id="fares-title" className="text-base font-semibold">
          {t`How your viewers fare`}
        </h2>
        {query.error && !told ? (
          <p className="pt-2 text-quiet" data-testid="fares-error">
            {sentence(query.error)}
          </p>
        ) : (
          <p
            className="flex gap-2 pt-2"
            role="status"
            data-testid="fares-verdict"
            data-code={query.isPending ? "loading" : said.code}
          >
            {!query.isPending && ICONS[said.tone]}
            <span>{query.isPending ? t`A moment …` : said.text}</span>
          </p>
        )}
        {query.isPending && (
          <div className="pt-4">
            <Bars widths={["w-2/3", "w-1/2"]} />
          </div>
        )}
        {told?.whole && (
          <>
            <dl className="figures grid grid-cols-2 gap-4 pt-4 sm:grid-cols-5" data-testid="fares-figures">
              {fareFigures(told.whole).map(({ key, name, value, note }) => (
                <div key={key} className="min-w-0">
                  <dt className="text-xs text-quiet">{name}</dt>
                  <dd data-testid={`fares-${key}`} className="pt-0.5 font-medium wrap-anywhere">
                    {value}
                    {note && <span className="block text-xs font-normal text-quiet">{note}</span>}
                  </dd>
                </div>
              ))}
            </dl>
            <p className="pt-3 text-xs text-quiet">
              {t`Of the last half hour, as reported by players on this platform’s pages. Nobody is named.`}
            </p>
          </>
        )}
      </div>
      {points.length > 0 && (
        <>
          <h3 className="text-sm font-semibold">{t`The last half hour`}</h3>
          <CourseCharts course={{ points, point_s: 60 }} only={shown}>
            {minutes.length > 0 && <Waiting minutes={minutes} />}
          </CourseCharts>
          <FareTable minutes={minutes} course={told?.course ?? []} />
        </>
      )}
    </section>
  );
}

function Waiting({ minutes }: { minutes: Parameters<typeof waitingPoints>[0] }) {
  const points = waitingPoints(minutes);
  const value = (n: number) => {
    const part = shareOf(n);
    return t`${part} of the time`;
  };
  return (
    <div className={CHART_CARD}>
      <Chart
        title={t`Waiting viewers`}
        unit={t`% of the time`}
        summary={rangeWords(
          points.map(({ y }) => y),
          value,
        )}
        points={points}
        value={value}
        tick={average}
        testId="chart-waiting"
      />
    </div>
  );
}
