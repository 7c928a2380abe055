/** An own message that the room does not have yet: on its way, waiting for a moderator, or refused, with its text kept. */
import { t } from "@lingui/core/macro";
import { Clock, Pencil, RotateCcw, X } from "lucide-react";
import { IconButton } from "../ui/button";
import type { ChatConnection } from "./connection";
import type { ChatUser } from "./frames";
import type { Pending } from "./log";
import { Name, Text } from "./text";

export function PendingRow({
  message,
  chat,
  user,
  onEdit,
}: {
  message: Pending;
  chat: ChatConnection | null;
  user: ChatUser | null;
  onEdit: (text: string) => void;
}) {
  const failed = message.state === "failed";
  const discard = () => chat?.discard(message.nonce);
  return (
    <li data-testid="chat-pending" data-state={message.state} className="px-4 py-1 text-sm wrap-anywhere">
      <span className={message.state === "sending" ? "opacity-60" : "text-quiet"}>
        {user ? <Name user={user} /> : <span className="font-semibold">{t`You`}</span>}
        <span>: </span>
        <Text text={message.text} />
      </span>
      {message.state === "held" && (
        <span role="status" className="flex items-center gap-1 pt-0.5 text-xs text-warn">
          <Clock aria-hidden className="size-3 shrink-0" />
          {t`Waiting for a moderator. Only you and they see it.`}
        </span>
      )}
      {failed && (
        <span role="alert" className="mt-0.5 flex items-center gap-1 text-xs text-bad">
          <span className="flex-1">{message.error}</span>
          <IconButton label={t`Send again`} className="size-7" onClick={() => chat?.retry(message.nonce)}>
            <RotateCcw aria-hidden className="size-3.5" />
          </IconButton>
          <IconButton
            label={t`Edit`}
            className="size-7"
            data-testid="chat-edit"
            onClick={() => {
              discard();
              onEdit(message.text);
            }}
          >
            <Pencil aria-hidden className="size-3.5" />
          </IconButton>
          <IconButton label={t`Discard`} className="size-7" data-testid="chat-discard" onClick={discard}>
            <X aria-hidden className="size-3.5" />
          </IconButton>
        </span>
      )}
    </li>
  );
}
