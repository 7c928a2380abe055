/**
 * What stands over the line to write: the room's modes with what they ask, why one cannot write just now and for how long, what went
 * wrong, and what the reader was spared.
 */
import { plural, t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { X } from "lucide-react";
import type { ReactNode } from "react";
import { Link } from "react-router";
import { IconButton } from "../ui/button";
import type { ChatConnection, ChatSnapshot } from "./connection";
import { isExempt } from "./frames";
import { modesOn } from "./modes";
import { span } from "./spans";
import { useWait } from "./use-wait";

export function AboveInput({
  snapshot,
  chat,
  follow,
}: {
  snapshot: ChatSnapshot;
  chat: ChatConnection | null;
  /** The way to become a follower, for those who are none. */
  follow: ReactNode;
}) {
  const { room, notice, leads } = snapshot;
  const until =
    room.sanction?.kind === "timeout" && room.sanction.until ? Date.parse(room.sanction.until) : 0;
  const out = useWait(until);
  const wait = useWait(snapshot.writeAfter);
  const exempt = isExempt(room.roles);
  const modes = modesOn(room.settings);
  const asked = modes[0];
  const reason = room.sanction?.reason;
  const [time, again] = [span(out), span(wait)];
  return (
    <div className="flex shrink-0 flex-col gap-1 border-t px-4 pt-2 text-xs text-quiet">
      {room.skipped > 0 && (
        <p role="status" data-testid="chat-skipped">
          {plural(room.skipped, {
            one: "The chat is very fast: # message was left out here.",
            other: "The chat is very fast: # messages were left out here.",
          })}
        </p>
      )}
      {modes.length > 0 && (
        <p data-testid="chat-modes" className="flex flex-wrap items-center gap-x-2 gap-y-1">
          {exempt ? (
            <>
              <span>{t`On:`}</span>
              {modes.map((mode) => (
                <span key={mode.key} className="rounded-full border px-2" title={mode.asks}>
                  {mode.name}
                </span>
              ))}
            </>
          ) : (
            <>
              <span>{modes.map((mode) => mode.asks).join(" ")}</span>
              {asked && room.settings.followers_only_min !== null && follow}
            </>
          )}
        </p>
      )}
      {out > 0 ? (
        <p data-testid="chat-sanction" className="text-warn">
          {/* Told once, not every second. */}
          <span role="status" className="sr-only">
            {reason ? t`You are timed out: ${reason}.` : t`You are timed out.`}
          </span>
          <Trans>
            You cannot write here for <span className="figures">{time}</span>.
          </Trans>
          {reason ? ` ${t`Reason: ${reason}`}` : ""}
        </p>
      ) : (
        wait > 0 && (
          <p data-testid="chat-notice" className="figures">
            {t`You can write again in ${again}.`}
          </p>
        )
      )}
      {notice && !(wait > 0) && !(out > 0) && (
        <p role="status" data-testid="chat-notice" className="flex items-center gap-2">
          <span className="flex-1">
            {notice}
            {leads && (
              <>
                {" "}
                <Link to={leads.to} className="font-medium text-action underline underline-offset-2">
                  {leads.words}
                </Link>
                .
              </>
            )}
          </span>
          <IconButton label={t`Put away`} className="size-6" onClick={() => chat?.tell(null)}>
            <X aria-hidden className="size-3.5" />
          </IconButton>
        </p>
      )}
    </div>
  );
}
