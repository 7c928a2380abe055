/** What people reported to the channel's moderators, with what they saw, and what becomes of it. */
import { t } from "@lingui/core/macro";
import { type Report, type Resolution, reports, resolveReport } from "../../api/chat";
import { ReportRow } from "../reports/report-row";
import { Rows, Section } from "./section";
import { useDeed, usePart } from "./use-desk";

export function Reports({ room }: { room: string }) {
  const list = usePart(room, "reports", (signal) => reports(room, signal));
  return (
    <Section
      title={t`Reports`}
      testId="desk-reports"
      about={t`The reporter is told what became of it, and your answer.`}
    >
      <Rows query={list} empty={t`No open reports.`}>
        {(report) => <Row key={report.id} room={room} report={report} />}
      </Rows>
    </Section>
  );
}

function Row({ room, report }: { room: string; report: Report }) {
  const deed = useDeed(room, ["reports", "audit", "bans"], (what: Resolution) =>
    resolveReport(report.id, what),
  );
  return <ReportRow report={report} deed={deed} />;
}
