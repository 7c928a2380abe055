/** The dialogs over a chat, whichever was asked for. Loaded when the first one is. */
import { t } from "@lingui/core/macro";
import type { Stream } from "../../api/contract";
import { Dialog } from "../../ui/dialog";
import type { ChatConnection, ChatSnapshot } from "../connection";
import { type Asked, useDeeds } from "../deeds";
import { nameOf } from "../text";
import type { useBlocks } from "../use-blocks";
import { BanForm } from "./ban-form";
import { People } from "./people";
import { PollForm } from "./poll-form";
import { ReportForm } from "./report-form";
import { UnbanForm } from "./unban-form";
import { UserCard } from "./user-card";

export interface DialogsProps {
  asked: Asked;
  channel: Pick<Stream, "id" | "username" | "display_name">;
  chat: ChatConnection | null;
  snapshot: ChatSnapshot;
  blocks: ReturnType<typeof useBlocks>;
  ask: (what: Asked | null) => void;
  /** Where the focus goes when its place is gone. */
  fallback: () => HTMLElement | null;
}

export function Dialogs({ asked, channel, chat, snapshot, blocks, ask, fallback }: DialogsProps) {
  const deeds = useDeeds();
  const close = () => ask(null);
  const frame = { onClose: close, fallback };
  switch (asked.kind) {
    case "card":
      return (
        <Dialog {...frame} key="card" title={nameOf(asked.user)} testId="user-card">
          <UserCard
            room={channel.id}
            user={asked.user}
            message={asked.message}
            lines={snapshot.log.lines}
            deeds={deeds}
            blocks={blocks}
            ask={ask}
            close={close}
          />
        </Dialog>
      );
    case "report":
      return (
        <Dialog {...frame} key="report" title={t`Report a message`} testId="report-dialog">
          <ReportForm
            room={channel.id}
            message={asked.message}
            done={(words) => {
              chat?.tell(words, { to: "/account/reports", words: t`My reports` });
              close();
            }}
          />
        </Dialog>
      );
    case "ban":
      return (
        <Dialog {...frame} key="ban" title={t`Ban ${nameOf(asked.user)}`} testId="ban-dialog">
          <BanForm room={channel.id} user={asked.user} done={close} />
        </Dialog>
      );
    case "image":
      return (
        <Dialog {...frame} key="image" title={t`Shared by ${nameOf(asked.by)}`} wide testId="image-dialog">
          <img
            src={asked.image.url}
            width={asked.image.width}
            height={asked.image.height}
            alt={t`Shared by ${nameOf(asked.by)}`}
            className="mx-auto h-auto max-h-[72dvh] w-auto max-w-full object-contain"
          />
        </Dialog>
      );
    case "people":
      return (
        <Dialog {...frame} key="people" title={t`Who is here`} testId="people-dialog">
          <People chat={chat} count={snapshot.room.presence?.count ?? 0} ask={ask} />
        </Dialog>
      );
    case "poll":
      return (
        <Dialog {...frame} key="poll" title={t`Ask the room`} testId="poll-dialog">
          <PollForm room={channel.id} done={close} />
        </Dialog>
      );
    case "unban":
      return (
        <Dialog {...frame} key="unban" title={t`Ask to come back`} testId="unban-dialog">
          <UnbanForm room={channel.id} close={close} />
        </Dialog>
      );
  }
}
