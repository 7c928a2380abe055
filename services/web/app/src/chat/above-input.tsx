/**
 * What stands over the line to write: the room's modes with what they ask, why one cannot write just now and for how long, what went
 * wrong, and what the reader was spared.
 */
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
  return (
    <div className="flex shrink-0 flex-col gap-1 border-t px-4 pt-2 text-xs text-quiet">
      {room.skipped > 0 && (
        <p role="status" data-testid="chat-skipped">
          The chat is very fast: {room.skipped} messages were left out here.
        </p>
      )}
      {modes.length > 0 && (
        <p data-testid="chat-modes" className="flex flex-wrap items-center gap-x-2 gap-y-1">
          {exempt ? (
            <>
              <span>On:</span>
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
            You are timed out{room.sanction?.reason ? `: ${room.sanction.reason}` : ""}.
          </span>
          You cannot write here for <span className="figures">{span(out)}</span>.
          {room.sanction?.reason ? ` Reason: ${room.sanction.reason}` : ""}
        </p>
      ) : (
        wait > 0 && (
          <p data-testid="chat-notice" className="figures">
            You can write again in {span(wait)}.
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
          <IconButton label="Put away" className="size-6" onClick={() => chat?.tell(null)}>
            <X aria-hidden className="size-3.5" />
          </IconButton>
        </p>
      )}
    </div>
  );
}
