/** The queue of the platform's staff: reports about channels, their owners and staff, and what moderators handed on. */

import { msg, t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Link, Navigate, useSearchParams } from "react-router";
import { afterwards, askAgain } from "../../api/ask-again";
import { platformReports, type Report, type Resolution, resolveReport } from "../../api/chat";
import { isStaff, signInPath, useSession } from "../../auth/use-session";
import { nameOf } from "../../chat/text";
import { buttonLook } from "../../ui/button";
import { ago } from "../../ui/figures";
import { Message } from "../../ui/message";
import { PageSkeleton } from "../../ui/skeleton";
import { useNow } from "../../ui/use-now";
import { useTitle } from "../../ui/use-title";
import { StaffTabs } from "../admin/staff-tabs";
import { ROW } from "../moderation/section";
import { Tabs } from "../tabs";
import { ReportHead } from "./report-head";
import { ReportPages } from "./report-pages";
import { ReportRow } from "./report-row";
import { stateWords } from "./words";

const OPEN = { key: "open", name: msg({ message: "Open", context: "a report" }) } as const;
const RESOLVED = { key: "resolved", name: msg`Resolved` } as const;

export function PlatformReports() {
  useTitle(t`Platform reports`);
  const { status, user } = useSession();
  const [query] = useSearchParams();
  const now = useNow(30_000);
  if (status === "out") return <Navigate to={signInPath("/staff/reports")} replace />;
  if (!user) return <PageSkeleton />;
  if (!isStaff(user)) return <NotStaff />;
  const tab = query.get("state") === "resolved" ? RESOLVED : OPEN;
  return (
    <div className="mx-auto flex w-full max-w-4xl flex-col gap-4 px-4 py-6 sm:px-6">
      <h1 className="text-xl font-semibold tracking-tight" data-testid="platform-reports">
        {t`Platform reports`}
      </h1>
      <StaffTabs current="reports" />
      <Tabs label={t`Reports by state`} tabs={[OPEN, RESOLVED]} current={tab} param="state" />
      <ReportPages
        key={tab.key}
        title={tab === OPEN ? t`Waiting` : t`Resolved`}
        about={t`About channels, their owners and staff, and what moderators handed on. The reporter is told what became of it, and your answer.`}
        empty={tab === OPEN ? t`No open reports.` : t`Nothing was resolved lately.`}
        queryKey={["reports", "platform", tab.key]}
        ask={(cursor, signal) => platformReports(tab.key, cursor, signal)}
      >
        {(report) =>
          tab === OPEN ? (
            <Waiting key={report.id} report={report} />
          ) : (
            <Resolved key={report.id} report={report} now={now} />
          )
        }
      </ReportPages>
    </div>
  );
}

function NotStaff() {
  return (
    <Message
      title={t`This page is for the platform's staff`}
      testId="not-staff"
      action={
        <Link to="/account/reports" className={buttonLook("primary")}>
          {t`See my reports`}
        </Link>
      }
    >
      {t`What you reported yourself, and what became of it, is under “My reports”.`}
    </Message>
  );
}

function Waiting({ report }: { report: Report }) {
  const client = useQueryClient();
  const deed = useMutation({
    mutationFn: (what: Resolution) => resolveReport(report.id, what),
    onSettled: afterwards(() => askAgain(client, ["reports"])),
  });
  return <ReportRow report={report} deed={deed} staff />;
}

function Resolved({ report, now }: { report: Report; now: number }) {
  const by = report.resolved_by;
  return (
    <li className={ROW} data-testid="resolved-report">
      <ReportHead report={report} now={now} where />
      <p className="basis-full wrap-anywhere">
        {stateWords(report)}
        <span className="text-quiet">
          {by && (
            <>
              {" · "}
              <bdi>{nameOf(by)}</bdi>
            </>
          )}
          {report.resolved_at && ` ${ago(report.resolved_at, now)}`}
          {report.reporter && (
            <>
              {" · "}
              <Trans>
                reported by <bdi>{nameOf(report.reporter)}</bdi>
              </Trans>
            </>
          )}
        </span>
        {report.answer && (
          <>
            {" · "}
            <bdi>“{report.answer}”</bdi>
          </>
        )}
      </p>
    </li>
  );
}
