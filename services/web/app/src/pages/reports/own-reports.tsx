/** What one has reported, and what became of it, with the answers. */
import { Navigate } from "react-router";
import { ownReports, type Report } from "../../api/chat";
import { signInPath, useSession } from "../../auth/use-session";
import { useNow } from "../../ui/use-now";
import { useTitle } from "../../ui/use-title";
import { ROW } from "../moderation/section";
import { ReportHead } from "./report-head";
import { ReportPages } from "./report-pages";
import { becameWords, stateWords } from "./words";

export function OwnReports() {
  useTitle("My reports");
  const { status, user } = useSession();
  const now = useNow(30_000);
  if (status === "out") return <Navigate to={signInPath("/account/reports")} replace />;
  if (!user) return <div className="flex-1" />;
  return (
    <div className="mx-auto flex w-full max-w-4xl flex-col gap-4 px-4 py-6 sm:px-6">
      <h1 className="text-lg font-semibold">My reports</h1>
      <ReportPages
        title="What you reported"
        about="Only you and those who look after it see this. They see what you wrote; the channel's moderators do not see that it was you."
        empty="You have reported nothing. A message in a chat has “Report” in its menu."
        queryKey={["reports", "own", user.id]}
        ask={ownReports}
      >
        {(report) => <Own key={report.id} report={report} now={now} />}
      </ReportPages>
    </div>
  );
}

function Own({ report, now }: { report: Report; now: number }) {
  const tone =
    report.state === "acted" ? "text-good" : report.state === "dismissed" ? "text-quiet" : "text-action";
  return (
    <li className={ROW} data-testid="own-report" data-state={report.state}>
      <ReportHead report={report} now={now} where>
        <span className={`float-right pl-3 text-xs ${tone}`}>{stateWords(report)}</span>
      </ReportHead>
      <p className="basis-full wrap-anywhere">
        {becameWords(report)}
        {report.answer && (
          <>
            {" They wrote: "}
            <bdi>“{report.answer}”</bdi>
          </>
        )}
      </p>
    </li>
  );
}
