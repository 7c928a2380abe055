/**
 * The way from a chat to its moderators' page, with how many reports and requests to come back wait there. The lists are those of that
 * page, and the chat's frames make them true again. When they cannot be read it is a plain link.
 */
import { t } from "@lingui/core/macro";
import { Gavel } from "lucide-react";
import { useEffect } from "react";
import { Link } from "react-router";
import { reports, unbanRequests } from "../api/chat";
import { useDeskFrames, usePart } from "../pages/moderation/use-desk";
import type { ChatConnection } from "./connection";
import { waitingCount, waitingWords } from "./waiting-words";

export function ModerationLink({
  room,
  username,
  chat,
  isOpen,
}: {
  room: string;
  username: string;
  chat: ChatConnection | null;
  /** Connected: what came meanwhile was not told, so the lists are asked for again. */
  isOpen: boolean;
}) {
  const told = useDeskFrames(room);
  const inReports = usePart(room, "reports", (signal) => reports(room, signal));
  const inRequests = usePart(room, "unban-requests", (signal) => unbanRequests(room, signal));
  useEffect(() => chat?.listen(told), [chat, told]);
  const askReports = inReports.refetch;
  const askRequests = inRequests.refetch;
  useEffect(() => {
    if (!isOpen) return;
    void askReports({ cancelRefetch: false });
    void askRequests({ cancelRefetch: false });
  }, [isOpen, askReports, askRequests]);
  const waits = { reports: inReports.data, requests: inRequests.data };
  const count = waitingCount(waits);
  const words = waitingWords(waits);
  return (
    <>
      <Link
        to={`/moderation/${username}`}
        aria-label={words ? t`Moderation: ${words}` : t`Moderation`}
        title={words ? t`Moderation: ${words}` : t`Moderation`}
        data-testid="chat-moderation"
        className="relative inline-flex size-9 shrink-0 items-center justify-center rounded-sm text-quiet transition-colors hover:bg-hover"
      >
        <Gavel aria-hidden className="size-4" />
        {count && (
          <span
            aria-hidden
            data-testid="chat-moderation-count"
            className="figures absolute top-0.5 right-0 min-w-4 rounded-full bg-action-strong px-1 text-center text-[0.625rem] leading-4 font-semibold text-on-action"
          >
            {count}
          </span>
        )}
      </Link>
      <span role="status" className="sr-only">
        {words && t`For you as a moderator: ${words}.`}
      </span>
    </>
  );
}
