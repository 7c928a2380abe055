/** Banned people who ask to come back. */
import { t } from "@lingui/core/macro";
import { useState } from "react";
import { resolveUnbanRequest, type UnbanRequest, unbanRequests } from "../../api/chat";
import { sentence } from "../../api/problem";
import { nameOf } from "../../chat/text";
import { Button } from "../../ui/button";
import { FormError, inputLook } from "../../ui/field";
import { ago } from "../../ui/figures";
import { useNow } from "../../ui/use-now";
import { ROW, Rows, Section } from "./section";
import { useDeed, usePart } from "./use-desk";

export function UnbanRequests({ room }: { room: string }) {
  const list = usePart(room, "unban-requests", (signal) => unbanRequests(room, signal));
  return (
    <Section title={t`Requests to come back`} testId="desk-unban-requests">
      <Rows query={list} empty={t`Nobody asks.`}>
        {(request) => <Row key={request.id} room={room} request={request} />}
      </Rows>
    </Section>
  );
}

function Row({ room, request }: { room: string; request: UnbanRequest }) {
  const [answer, setAnswer] = useState("");
  const now = useNow(30_000);
  const resolve = useDeed(room, ["unban-requests", "bans", "audit"], (outcome: "approved" | "denied") =>
    resolveUnbanRequest(room, request.id, outcome, answer.trim() || undefined),
  );
  return (
    <li className={ROW} data-testid="desk-unban-request">
      <div className="min-w-0 basis-full wrap-anywhere">
        <bdi className="font-semibold">{nameOf(request.user)}</bdi>
        <span className="text-quiet">, {ago(request.at, now)}</span>
        <p>
          <bdi>{request.text}</bdi>
        </p>
      </div>
      <input
        aria-label={t`Answer to ${nameOf(request.user)}`}
        placeholder={t`Answer, if you like`}
        value={answer}
        maxLength={500}
        onChange={(e) => setAnswer(e.target.value)}
        className={`${inputLook} min-w-40 !w-auto flex-1`}
      />
      <span className="flex gap-2">
        <Button busy={resolve.isPending} onClick={() => resolve.mutate("denied")}>
          {t`Keep banned`}
        </Button>
        <Button
          weight="primary"
          busy={resolve.isPending}
          data-testid="unban-approve"
          onClick={() => resolve.mutate("approved")}
        >
          {t`Unban`}
        </Button>
      </span>
      <div className="basis-full empty:hidden">
        <FormError>{resolve.error ? sentence(resolve.error) : null}</FormError>
      </div>
    </li>
  );
}
