/** What a report says: what is wrong, with what or whom, and the reporter's own words. */

import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import type { ReactNode } from "react";
import { Link } from "react-router";
import type { Person, Report } from "../../api/chat";
import type { ChatHandle } from "../../chat/chat-panel";
import { nameOf } from "../../chat/text";
import { ago, exactly } from "../../ui/figures";
import { useBeside } from "../moderation/beside";
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
  const chat = useBeside();
  const name = who && <Who person={who} chat={chat} />;
  return (
    <div className="min-w-0 flex-1 basis-full wrap-anywhere">
      <p className="font-medium">
        {categoryWords(report.category)}
        <span className="font-normal text-quiet">
          {" "}
          <time dateTime={report.at} title={exactly(report.at)}>
            {ago(report.at, now)}
          </time>
          {where && channel && (
            <>
              {" · "}
              <Trans>
                in the chat of{" "}
                <Link to={`/${channel}`} className="font-medium text-action underline underline-offset-2">
                  {channel}
                </Link>
              </Trans>
            </>
          )}
        </span>
        {children}
      </p>
      {message && (
        <blockquote className="my-1.5 border-l-3 pl-3">
          {name}
          <span className="text-quiet">: </span>
          <bdi>{message.text}</bdi>
          {chat && message.id && (
            <button
              type="button"
              data-testid="report-show"
              className="ml-2 min-h-6 text-xs font-medium text-action hover:underline"
              onClick={() => chat.show(message.id ?? "")}
            >
              {t`Show in the chat`}
            </button>
          )}
        </blockquote>
      )}
      {report.image && <ReportImage path={report.image} />}
      {!message && who && (
        <p>
          {report.about === "channel" ? (
            <Trans>About the channel of {name}</Trans>
          ) : (
            <Trans>About {name}</Trans>
          )}
        </p>
      )}
      {report.text && <bdi className="text-quiet">“{report.text}”</bdi>}
    </div>
  );
}

/** The name, which opens the person's card where there is a chat beside. */
function Who({ person, chat }: { person: Person; chat: ChatHandle | null }) {
  const name = <bdi className="font-semibold">{nameOf(person)}</bdi>;
  if (!chat) return name;
  return (
    <button
      type="button"
      data-testid="report-who"
      className="rounded-[3px] text-left hover:underline"
      title={t`About ${nameOf(person)}`}
      onClick={() => chat.ask({ kind: "card", user: person })}
    >
      {name}
    </button>
  );
}
