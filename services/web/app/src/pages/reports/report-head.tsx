/** What a report says: what is wrong, with what or whom, and the reporter's own words. */
import type { ReactNode } from "react";
import { Link } from "react-router";
import type { Report } from "../../api/chat";
import { nameOf } from "../../chat/text";
import { ago } from "../../ui/figures";
import { ReportImage } from "./report-image";
import { categoryWords } from "./words";

export function ReportHead({
  report,
  now,
  where = false,
  children,
}: {
  report: Report;
  now: number;
  /** Tells the channel, where it is not plain. */
  where?: boolean;
  /** Beside what is wrong. */
  children?: ReactNode;
}) {
  const { message, channel } = report;
  const who = message?.user ?? report.user ?? null;
  return (
    <div className="min-w-0 flex-1 basis-full wrap-anywhere">
      <p className="font-medium">
        {categoryWords(report.category)}
        <span className="font-normal text-quiet">
          {" "}
          <time dateTime={report.at} title={new Date(report.at).toLocaleString()}>
            {ago(report.at, now)}
          </time>
          {where && channel && (
            <>
              {" · in the chat of "}
              <Link to={`/${channel}`} className="font-medium text-action hover:underline">
                {channel}
              </Link>
            </>
          )}
        </span>
        {children}
      </p>
      {message && (
        <blockquote className="my-1.5 border-l-3 pl-3">
          {who && <bdi className="font-semibold">{nameOf(who)}</bdi>}
          <span className="text-quiet">: </span>
          <bdi>{message.text}</bdi>
        </blockquote>
      )}
      {report.image && <ReportImage path={report.image} />}
      {!message && who && (
        <p>
          {report.about === "channel" ? "About the channel of " : "About "}
          <bdi className="font-semibold">{nameOf(who)}</bdi>
        </p>
      )}
      {report.text && <bdi className="text-quiet">“{report.text}”</bdi>}
    </div>
  );
}
