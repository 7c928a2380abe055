/**
 * What one has reported, and what became of it, with the answers. `?channel=NAME` has the form for a report of that channel; one of a message
 * is made in its chat.
 */

import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Navigate, useLocation, useSearchParams } from "react-router";
import { ownReports, type Report } from "../../api/chat";
import { signInPath, useSession } from "../../auth/use-session";
import { ReportForm } from "../../chat/dialogs/report-form";
import { PageSkeleton } from "../../ui/skeleton";
import { useNow } from "../../ui/use-now";
import { useTitle } from "../../ui/use-title";
import { ROW, Section } from "../moderation/section";
import { ReportHead } from "./report-head";
import { ReportPages } from "./report-pages";
import { becameWords, stateWords } from "./words";

export function OwnReports() {
  useTitle(t`My reports`);
  const { status, user } = useSession();
  const { pathname, search } = useLocation();
  const now = useNow(30_000);
  if (status === "out") return <Navigate to={signInPath(pathname + search)} replace />;
  if (!user) return <PageSkeleton />;
  return (
    <div className="mx-auto flex w-full max-w-4xl flex-col gap-4 px-4 py-6 sm:px-6">
      <h1 className="text-xl font-semibold tracking-tight">{t`My reports`}</h1>
      <NewReport />
      <ReportPages
        title={t`What you reported`}
        about={t`Only you and those who look after it see this. They see what you wrote; the channel's moderators do not see that it was you.`}
        empty={t`You have reported nothing. A message in a chat has “Report” in its menu, a channel below its title.`}
        queryKey={["reports", "own", user.id]}
        ask={ownReports}
      >
        {(report) => <Own key={report.id} report={report} now={now} />}
      </ReportPages>
    </div>
  );
}

/** The form for the channel that the address names, and thanks for what it sent. */
function NewReport() {
  const client = useQueryClient();
  const [query, setQuery] = useSearchParams();
  const [thanks, setThanks] = useState<string | null>(null);
  const channel = query.get("channel");
  if (!channel) return thanks && <p role="status">{thanks}</p>;
  return (
    <Section
      title={t`Report the channel ${channel}`}
      testId="report-channel-form"
      about={t`The platform's staff will look at it, not the channel's moderators.`}
    >
      <div className="border-t px-4 py-4 sm:px-5">
        <ReportForm
          room={channel}
          message={null}
          done={(words) => {
            setThanks(words);
            setQuery({}, { replace: true });
            void client.invalidateQueries({ queryKey: ["reports"] });
          }}
        />
      </div>
    </Section>
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
            {" "}
            <Trans>
              They wrote: <bdi>“{report.answer}”</bdi>
            </Trans>
          </>
        )}
      </p>
    </li>
  );
}
