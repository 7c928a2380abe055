/** An open report at a desk, with what can become of it. The answer goes to the reporter. */
import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { useState } from "react";
import type { Report, ReportAct, Resolution } from "../../api/chat";
import { sentence } from "../../api/problem";
import { nameOf } from "../../chat/text";
import { Button } from "../../ui/button";
import { FormError, inputLook } from "../../ui/field";
import { useNow } from "../../ui/use-now";
import { ROW } from "../moderation/section";
import { ReportHead } from "./report-head";
import { canPutOut } from "./words";

/** Of a time-out that goes with a report, seconds. */
const TIMEOUT_S = 600;

export function ReportRow({
  report,
  deed,
  staff = false,
}: {
  report: Report;
  /** Resolves it. */
  deed: { mutate: (what: Resolution) => void; error: unknown; isPending: boolean };
  /** At the platform's desk: all is told, and there is nobody to hand it to. */
  staff?: boolean;
}) {
  const [answer, setAnswer] = useState("");
  const now = useNow(30_000);
  const { error, isPending: busy } = deed;
  const text = answer.trim();
  const resolve = (outcome: Resolution["outcome"], act?: ReportAct) =>
    deed.mutate({ outcome, ...(act ? { act } : {}), ...(text ? { text } : {}) });
  const reach = canPutOut(report);
  return (
    <li className={ROW} data-testid="desk-report">
      <ReportHead report={report} now={now} where={staff} />
      {staff && report.reporter && (
        <p className="basis-full text-xs text-quiet">
          {report.escalated_by ? (
            <Trans>
              Reported by <bdi>{nameOf(report.reporter)}</bdi>, handed on by{" "}
              <bdi>{nameOf(report.escalated_by)}</bdi>
            </Trans>
          ) : (
            <Trans>
              Reported by <bdi>{nameOf(report.reporter)}</bdi>
            </Trans>
          )}
        </p>
      )}
      <input
        aria-label={t`Answer to the reporter`}
        placeholder={t`Answer to the reporter, if you like`}
        value={answer}
        maxLength={500}
        onChange={(e) => setAnswer(e.target.value)}
        className={`${inputLook} basis-full`}
      />
      <span className="flex flex-wrap gap-2">
        {report.message && (
          <Button
            busy={busy}
            data-testid="report-delete"
            onClick={() => resolve("acted", { action: "delete" })}
          >
            {t`Delete it`}
          </Button>
        )}
        {reach && (
          <Button busy={busy} onClick={() => resolve("acted", { action: "timeout", duration_s: TIMEOUT_S })}>
            {t`Time out 10 min`}
          </Button>
        )}
        {reach && (
          <BanButton
            report={report}
            staff={staff}
            busy={busy}
            onBan={() => resolve("acted", { action: "ban" })}
          />
        )}
      </span>
      <span className="flex flex-wrap gap-2 sm:ml-auto">
        {!staff && (
          <Button busy={busy} data-testid="report-escalate" onClick={() => resolve("escalated")}>
            {t`Hand to staff`}
          </Button>
        )}
        <Button busy={busy} onClick={() => resolve("dismissed")}>
          {t`Nothing wrong`}
        </Button>
        <Button weight="primary" busy={busy} data-testid="report-done" onClick={() => resolve("acted")}>
          {t`Done`}
        </Button>
      </span>
      <div className="basis-full empty:hidden">
        <FormError>{error ? sentence(error) : null}</FormError>
      </div>
    </li>
  );
}

/** For good, so it asks once more. */
function BanButton({
  report,
  staff,
  busy,
  onBan,
}: {
  report: Report;
  staff: boolean;
  busy: boolean;
  onBan: () => void;
}) {
  const [asking, setAsking] = useState(false);
  const sure = report.user ? t`Ban ${nameOf(report.user)} for good` : t`Ban them for good`;
  const plain = staff ? t`Ban from this chat` : t`Ban`;
  return (
    <>
      <Button
        weight="danger"
        busy={busy}
        data-testid="report-ban"
        // The second press of a double click is none of its own.
        onClick={(event) => (asking ? event.detail < 2 && onBan() : setAsking(true))}
      >
        {asking ? sure : plain}
      </Button>
      {asking && <Button onClick={() => setAsking(false)}>{t`Do not ban`}</Button>}
    </>
  );
}
