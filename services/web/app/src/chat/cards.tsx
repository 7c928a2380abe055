/**
 * What stands on top of the lines: the pinned message and the poll. Each can be put away, for this reader only. On a narrow screen each
 * is one line, and one of them at a time can be opened, so that the chat keeps its room.
 */
import { t } from "@lingui/core/macro";
import { Pin } from "lucide-react";
import { useState } from "react";
import { ACT, Card, type Fold } from "./card";
import type { ChatConnection } from "./connection";
import type { MessageFrame, Poll } from "./frames";
import { PollCard } from "./poll-card";
import { Name, nameOf, Text } from "./text";
import { useNarrow } from "./use-narrow";

export function Cards({
  pinned,
  poll,
  chat,
  me,
  votes,
  onUnpin,
  onClosePoll,
}: {
  pinned: MessageFrame | null;
  poll: Poll | null;
  chat: ChatConnection | null;
  me: string | undefined;
  /** May vote. */
  votes: boolean;
  /** For moderators; else null, as the next. */
  onUnpin: (() => void) | null;
  onClosePoll: ((poll: string) => void) | null;
}) {
  const narrow = useNarrow();
  /** Id of the one that is open. */
  const [opened, setOpened] = useState<string | null>(null);
  const fold = (id: string): Fold =>
    narrow ? { open: opened === id, change: (open) => setOpened(open ? id : null) } : null;
  return (
    <>
      {pinned && <Pinned fold={fold(pinned.id)} message={pinned} me={me} onUnpin={onUnpin} />}
      {poll && (
        <PollCard
          key={poll.id}
          fold={fold(poll.id)}
          poll={poll}
          chat={chat}
          votes={votes}
          onClose={onClosePoll && (() => onClosePoll(poll.id))}
        />
      )}
    </>
  );
}

function Pinned({
  fold,
  message,
  me,
  onUnpin,
}: {
  fold: Fold;
  message: MessageFrame;
  me: string | undefined;
  onUnpin: (() => void) | null;
}) {
  const [away, setAway] = useState<string | null>(null);
  if (away === message.id) return null;
  return (
    <Card
      fold={fold}
      name={t`Pinned message`}
      testId="chat-pinned"
      icon={<Pin aria-hidden className="size-3.5 shrink-0" />}
      title={t`Pinned`}
      line={
        <bdi>
          {nameOf(message.user)}: {message.text}
        </bdi>
      }
      opens={t`Read`}
      acts={
        onUnpin && (
          <button type="button" data-testid="chat-unpin" className={ACT} onClick={onUnpin}>
            {t`Unpin for everybody`}
          </button>
        )
      }
      away={t`Put the pinned message away`}
      onAway={() => setAway(message.id)}
    >
      <div className="scroll-shadow max-h-24 overflow-y-auto text-sm wrap-anywhere">
        <Name user={message.user} />
        <span className="text-quiet">: </span>
        <Text text={message.text} emotes={message.emotes} me={me} />
      </div>
    </Card>
  );
}
