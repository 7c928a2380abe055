/**
 * In place of the input, for a banned person: that they are, why, and what became of their request. The socket reads without an account
 * meanwhile and hears nothing of its end, so this asks how they stand, now and then and when the tab is looked at again.
 */
import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { standing } from "../api/chat";
import { Button } from "../ui/button";
import type { ChatConnection } from "./connection";
import type { Sanction } from "./frames";
import { lastRequest, requestWords } from "./unban-request";

/** Between two questions, milliseconds: at first, and later on. */
const OFTEN_MS = 10_000;
const SELDOM_MS = 60_000;
/** So many are asked often. */
const OFTEN = 30;

export function BannedFoot({
  room,
  chat,
  onAsk,
}: {
  room: string;
  chat: ChatConnection | null;
  onAsk: () => void;
}) {
  const sanction = useStanding(room, chat);
  const { data: request, refetch } = useQuery(lastRequest(room));
  const reason = sanction?.kind === "ban" ? sanction.reason : undefined;
  // A new answer comes with the questions about the ban.
  useEffect(() => {
    if (sanction && request?.state === "open") void refetch();
  }, [sanction, request?.state, refetch]);
  const said = request && requestWords(request);
  return (
    <div
      data-testid="chat-readonly"
      className="flex shrink-0 flex-wrap items-center gap-x-3 gap-y-2 border-t px-4 py-3 text-sm text-quiet"
    >
      <div className="min-w-0 flex-1 basis-52 wrap-anywhere">
        <p>
          {t`You are banned from this chat. You can still read it.`}
          {reason && (
            <>
              {" "}
              <Trans>
                Reason: <bdi>{reason}</bdi>
              </Trans>
            </>
          )}
        </p>
        {said && (
          <p role="status" className="pt-0.5 text-text">
            {said}
          </p>
        )}
      </div>
      <Button data-testid="ask-unban" onClick={onAsk}>
        {request?.state === "open" ? t`Your request` : t`Ask to come back`}
      </Button>
    </div>
  );
}

/** How one stands, asked again and again; the account is taken up again when the ban is over. Null until the first answer. */
function useStanding(room: string, chat: ChatConnection | null): Sanction | null {
  const [sanction, setSanction] = useState<Sanction | null>(null);
  useEffect(() => {
    const over = new AbortController();
    const look = async (decides: boolean) => {
      if (document.hidden) return;
      try {
        const now = (await standing(room, over.signal)).sanction;
        if (over.signal.aborted) return;
        if (decides && now.kind !== "ban") chat?.comeBack();
        else setSanction(now);
      } catch {
        // The next question may be answered.
      }
    };
    // Right after a ban one node may not know of it yet.
    void look(false);
    let asked = 0;
    let timer: ReturnType<typeof setTimeout>;
    const later = () => {
      if (over.signal.aborted) return;
      timer = setTimeout(() => void look(true).finally(later), asked++ < OFTEN ? OFTEN_MS : SELDOM_MS);
    };
    later();
    const seen = () => void look(true);
    document.addEventListener("visibilitychange", seen);
    return () => {
      over.abort();
      clearTimeout(timer);
      document.removeEventListener("visibilitychange", seen);
    };
  }, [room, chat]);
  return sanction;
}
