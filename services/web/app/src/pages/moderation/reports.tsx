/** What people reported, with what they saw, and what becomes of it. The answer goes to the reporter. */
import { useState } from "react";
import { type Report, type ReportAct, reports, resolveReport } from "../../api/chat";
import { sentence } from "../../api/problem";
import { nameOf } from "../../chat/text";
import { Button } from "../../ui/button";
import { FormError, inputLook } from "../../ui/field";
import { ago } from "../../ui/figures";
import { useNow } from "../../ui/use-now";
import { ROW, Rows, Section } from "./section";
import { useDeed, usePart } from "./use-desk";

export function Reports({ room }: { room: string }) {
  const list = usePart(room, "reports", (signal) => reports(room, signal));
  return (
    <Section
      title="Reports"
      testId="desk-reports"
      about="The reporter is told what became of it, and your answer."
    >
      <Rows query={list} empty="No open reports.">
        {(report) => <Row key={report.id} room={room} report={report} />}
      </Rows>
    </Section>
  );
}

const WORDS: Record<string, string> = {
  harassment: "Harassment",
  hate: "Hate",
  spam: "Spam",
  sexual: "Sexual content",
  violence: "Violence",
  self_harm: "Self-harm",
  impersonation: "Impersonation",
  copyright: "Copyright",
  other: "Something else",
};

function Row({ room, report }: { room: string; report: Report }) {
  const [answer, setAnswer] = useState("");
  const now = useNow(30_000);
  const resolve = useDeed(
    room,
    ["reports", "audit", "bans"],
    (what: { outcome: "acted" | "dismissed" | "escalated"; act?: ReportAct }) =>
      resolveReport(report.id, { ...what, ...(answer.trim() ? { text: answer.trim() } : {}) }),
  );
  const { error, isPending: busy } = resolve;
  const { message } = report;
  const who = message?.user ?? report.user ?? null;
  return (
    <li className={ROW} data-testid="desk-report">
      <div className="min-w-0 flex-1 basis-full wrap-anywhere">
        <p className="font-medium">
          {WORDS[report.category] ?? report.category}
          <span className="font-normal text-quiet"> {ago(report.at, now)}</span>
        </p>
        {message && (
          <blockquote className="my-1.5 border-l-3 pl-3">
            {who && <bdi className="font-semibold">{nameOf(who)}</bdi>}
            <span className="text-quiet">: </span>
            <bdi>{message.text}</bdi>
          </blockquote>
        )}
        {!message && who && (
          <p>
            About <bdi className="font-semibold">{nameOf(who)}</bdi>
          </p>
        )}
        {report.text && <bdi className="text-quiet">“{report.text}”</bdi>}
      </div>
      <input
        aria-label="Answer to the reporter"
        placeholder="Answer to the reporter, if you like"
        value={answer}
        maxLength={500}
        onChange={(e) => setAnswer(e.target.value)}
        className={`${inputLook} basis-full`}
      />
      <span className="flex flex-wrap gap-2">
        {message && (
          <Button
            busy={busy}
            data-testid="report-delete"
            onClick={() => resolve.mutate({ outcome: "acted", act: { action: "delete" } })}
          >
            Delete it
          </Button>
        )}
        {who && report.about !== "channel" && (
          <Button
            busy={busy}
            onClick={() => resolve.mutate({ outcome: "acted", act: { action: "timeout", duration_s: 600 } })}
          >
            Time out for 10 minutes
          </Button>
        )}
      </span>
      <span className="flex flex-1 flex-wrap justify-end gap-2">
        <Button busy={busy} onClick={() => resolve.mutate({ outcome: "escalated" })}>
          Hand to staff
        </Button>
        <Button busy={busy} onClick={() => resolve.mutate({ outcome: "dismissed" })}>
          Nothing wrong
        </Button>
        <Button
          weight="primary"
          busy={busy}
          data-testid="report-done"
          onClick={() => resolve.mutate({ outcome: "acted" })}
        >
          Done
        </Button>
      </span>
      <div className="basis-full empty:hidden">
        <FormError>{error ? sentence(error) : null}</FormError>
      </div>
    </li>
  );
}
