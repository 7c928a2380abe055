/** One of one's own broadcasts: its figures, their course as charts and as a table, and as a file for other programs. */
import { t } from "@lingui/core/macro";
import { useMutation, useQuery } from "@tanstack/react-query";
import { Link, Navigate, useParams } from "react-router";
import type { Marker } from "../../api/desk";
import { type Course, courseTable, ownBroadcast } from "../../api/history";
import { Problem, sentence } from "../../api/problem";
import { signInPath, useSession } from "../../auth/use-session";
import { categoryName } from "../../language/category-name";
import { Button, buttonLook } from "../../ui/button";
import { CopyButton } from "../../ui/copy-button";
import { FormError } from "../../ui/field";
import { clockOf, moment } from "../../ui/figures";
import { Message } from "../../ui/message";
import { NotLoaded } from "../../ui/not-loaded";
import { saveFile } from "../../ui/save-file";
import { PageSkeleton } from "../../ui/skeleton";
import { useTitle } from "../../ui/use-title";
import { MarkerList } from "../markers/marker-list";
import { useMarkers } from "../markers/use-markers";
import { CourseCharts } from "./course-charts";
import { CourseTable } from "./course-table";
import { figuresOf } from "./figures-of";

/** The last minute comes some seconds after the end, and one a minute before. */
const COUNTING_MS = 5_000;
const RUNNING_MS = 60_000;

export function BroadcastCourse() {
  useTitle(t`Past broadcast`);
  const { id = "" } = useParams();
  const { status } = useSession();
  if (status === "out") return <Navigate to={signInPath(`/dashboard/broadcasts/${id}`)} replace />;
  if (status === "unknown") return <PageSkeleton />;
  return <SignedIn id={id} />;
}

function SignedIn({ id }: { id: string }) {
  const query = useQuery({
    queryKey: ["own-stream", "broadcast", id],
    queryFn: ({ signal }) => ownBroadcast(id, signal),
    staleTime: 0,
    refetchInterval: ({ state: { data } }) =>
      !data || data.complete ? false : data.ended_at ? COUNTING_MS : RUNNING_MS,
  });
  const all = (
    <Link to="/dashboard/broadcasts" className={buttonLook()} data-testid="all-broadcasts">
      {t`All broadcasts`}
    </Link>
  );
  if (!query.data) {
    if (!query.error) return <PageSkeleton />;
    const missing = query.error instanceof Problem && query.error.status === 404;
    return (
      <Message
        title={missing ? t`There is no such broadcast of yours` : t`This broadcast did not load`}
        testId="course-error"
        action={
          missing ? (
            all
          ) : (
            <Button weight="primary" onClick={() => void query.refetch()}>
              {t`Try again`}
            </Button>
          )
        }
      >
        {missing ? t`It may be too long ago: broadcasts are kept for a limited time.` : sentence(query.error)}
      </Message>
    );
  }
  return <Shown course={query.data} all={all} />;
}

function Shown({ course, all }: { course: Course; all: React.ReactNode }) {
  const markers = useMarkers("me", course.id, course.ended_at === null);
  const marked = markers.data ?? [];
  return (
    <div className="mx-auto flex w-full max-w-5xl flex-col gap-5 px-4 py-6 sm:px-6">
      <div className="flex flex-wrap items-start gap-3">
        <div className="min-w-0 flex-1 max-sm:basis-full">
          <h1 className="text-xl font-semibold tracking-tight wrap-anywhere">
            {course.title || t`Without a title`}
          </h1>
          <p className="pt-1 text-quiet">
            <time dateTime={course.started_at}>{moment(course.started_at)}</time>
            {course.category && ` · ${categoryName(course.category)}`}
            {course.tags.length > 0 && ` · ${course.tags.join(", ")}`}
            {course.test && ` · ${t`test, seen by nobody else`}`}
          </p>
        </div>
        {course.points.length > 0 && <TableFile course={course} />}
        {all}
      </div>
      <dl
        className="grid grid-cols-2 gap-px overflow-hidden rounded-md border bg-line sm:grid-cols-3 lg:grid-cols-6"
        data-testid="course-figures"
      >
        {figuresOf(course).map((figure) => (
          <div key={figure.key} className="bg-raised px-4 py-3">
            <dt className="text-xs text-quiet">{figure.name}</dt>
            <dd className="figures pt-0.5 text-lg font-semibold" data-testid={`course-${figure.key}`}>
              {figure.value}
            </dd>
          </div>
        ))}
      </dl>
      {!course.complete && (
        <p role="status" className="text-quiet">
          {course.ended_at
            ? t`The last minute is still being counted.`
            : t`This broadcast runs. Its figures are those until a minute ago.`}
        </p>
      )}
      {markers.isLoadingError && (
        <section
          aria-labelledby="course-markers"
          data-testid="course-markers-error"
          className="rounded-md border bg-raised p-4 sm:p-5"
        >
          <h2 id="course-markers" className="pb-2 text-base font-semibold">
            {t`Markers`}
          </h2>
          <NotLoaded error={markers.error} again={markers.refetch} />
        </section>
      )}
      {marked.length > 0 && (
        <section
          aria-labelledby="course-markers"
          data-testid="course-markers"
          className="rounded-md border bg-raised p-4 sm:p-5"
        >
          <div className="flex flex-wrap items-center gap-3">
            <h2 id="course-markers" className="flex-1 text-base font-semibold">
              {t`Markers`}
            </h2>
            <CopyButton
              text={marked.map(({ offset_ms, label }) => `${clockOf(offset_ms)} ${label}`.trim()).join("\n")}
              label={t`Copy all markers, a line each`}
              word={t`Copy all`}
              testId="copy-markers"
            />
          </div>
          {course.points.length > 0 && (
            <p className="pt-0.5 text-sm text-quiet">{t`On the charts below they are grey lines.`}</p>
          )}
          <MarkerList username="me" broadcast={course.id} list={marked} labelled="course-markers" />
        </section>
      )}
      {course.points.length > 0 ? (
        <>
          <CourseCharts course={course} flags={flagsOf(marked, course)} />
          <CourseTable course={course} />
        </>
      ) : (
        <p className="text-quiet" data-testid="course-empty">
          {course.complete
            ? t`The course of this broadcast is not kept: it is too long ago, or it was over before anything was counted.`
            : t`Its first minute has not been counted yet.`}
        </p>
      )}
    </div>
  );
}

/** Where markers are on the charts, which end where the last point begins. */
function flagsOf(marked: Marker[], { points }: Course): number[] {
  const [first, last] = [points[0], points[points.length - 1]].map((point) => Date.parse(point?.at ?? ""));
  return marked.map(({ at }) => Math.min(Math.max(Date.parse(at), first ?? 0), last ?? 0));
}

function TableFile({ course }: { course: Course }) {
  const take = useMutation({
    mutationFn: () => courseTable(course.id),
    onSuccess: (text) => saveFile(text, `broadcast-${course.started_at.slice(0, 10)}.csv`, "text/csv"),
  });
  return (
    <div className="flex flex-col gap-2">
      <Button busy={take.isPending} data-testid="course-csv" onClick={() => take.mutate()}>
        {t`Download as CSV`}
      </Button>
      <FormError>{take.error ? sentence(take.error) : null}</FormError>
    </div>
  );
}
