/**
 * The chat of a channel: head, what stays on top, the lines, what waits for a moderator, and the line to write. Everybody reads;
 * signed-in people write. What is seldom opened (pickers, cards, dialogs) is loaded when it is.
 */

import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { useQueryClient } from "@tanstack/react-query";
import { type Ref, Suspense, useCallback, useImperativeHandle, useRef, useState } from "react";
import { Link, useLocation } from "react-router";
import { askAgain } from "../api/ask-again";
import { closePoll, unpin } from "../api/chat";
import type { Stream } from "../api/contract";
import { sentence } from "../api/problem";
import { signInPath, useSession } from "../auth/use-session";
import { lazily } from "../language/lazily";
import { AboveInput } from "./above-input";
import { ChatHead } from "./chat-head";
import { Compose } from "./compose";
import type { ChatConnection } from "./connection";
import { type Asked, DeedsContext } from "./deeds";
import { changeDraft, draftOf } from "./draft";
import { FollowButton } from "./follow-button";
import { moderates, type ServerFrame } from "./frames";
import { type ListHandle, MessageList } from "./message-list";
import { useBlocks } from "./use-blocks";
import { useChat } from "./use-chat";
import { useDeedsOf } from "./use-deeds";
import { emotesKey } from "./use-emotes";
import { useWait } from "./use-wait";

const Cards = lazily(async () => (await import("./cards")).Cards);
const HeldBar = lazily(async () => (await import("./held-bar")).HeldBar);
const BannedFoot = lazily(async () => (await import("./banned-foot")).BannedFoot);
const Dialogs = lazily(async () => (await import("./dialogs/dialogs")).Dialogs);

/** What a page beside the chat can ask of it. */
export interface ChatHandle {
  /** Leads to a message. */
  show: (message: string) => void;
  /** Opens a dialog. */
  ask: (what: Asked) => void;
}

export function ChatPanel({
  ref,
  channel,
  onStream,
  onFrame,
  alone = false,
}: {
  ref?: Ref<ChatHandle>;
  channel: Pick<Stream, "id" | "username" | "owner_id" | "display_name" | "state">;
  onStream?: (state: string, viewers: number | undefined) => void;
  onFrame?: (frame: ServerFrame) => void;
  /** In a window of its own. */
  alone?: boolean;
}) {
  const room = channel.id;
  const client = useQueryClient();
  const [asked, setAsked] = useState<Asked | null>(null);
  const list = useRef<ListHandle>(null);
  const input = useRef<HTMLTextAreaElement>(null);
  const { chat, snapshot } = useChat(room, {
    onFrame: (frame) => {
      if (frame.type === "stream") onStream?.(frame.state, frame.viewers);
      if (frame.type === "emotes") void askAgain(client, emotesKey(room));
      if (frame.type === "report_answered") void askAgain(client, ["reports"]);
      // A command may have changed it.
      if (frame.type === "done") blocks.ask();
      onFrame?.(frame);
    },
  });
  const { user, banned } = snapshot;
  const blocks = useBlocks(user !== null);
  const deeds = useDeedsOf({
    room,
    chat,
    snapshot,
    hidden: blocks.hidden,
    list,
    input,
    ask: setAsked,
    block: (who) => blocks.change(who, true),
  });

  const section = useRef<HTMLElement>(null);
  useImperativeHandle(
    ref,
    () => ({
      ask: setAsked,
      show: (message) => {
        section.current?.scrollIntoView({ block: "nearest" });
        deeds.jump(message);
      },
    }),
    [deeds],
  );

  const edit = useCallback(
    (text: string) => {
      const { text: typed } = draftOf(room);
      changeDraft(room, { text: typed ? `${text} ${typed}` : text });
      input.current?.focus();
    },
    [room],
  );
  const toInput = useCallback(() => input.current?.focus(), []);
  const toList = useCallback(() => list.current?.focus(), []);
  const mods = moderates(snapshot.room.roles);
  const tried = (deed: Promise<unknown>) => void deed.catch((error) => chat?.tell(sentence(error)));
  const { poll, pinned } = snapshot.room;
  const shownPin = pinned && !blocks.hidden.has(pinned.user.id) ? pinned : null;

  return (
    <DeedsContext value={deeds}>
      <section
        ref={section}
        aria-label={t`Chat`}
        data-testid="chat"
        className="relative flex min-h-0 flex-1 flex-col bg-ground"
      >
        <ChatHead
          channel={channel}
          chat={chat}
          snapshot={snapshot}
          moderates={mods}
          alone={alone}
          ask={setAsked}
          tried={tried}
        />
        {/* However much is on top, lines stay in sight. */}
        <div className="scroll-shadow max-h-[45%] shrink-0 overflow-y-auto empty:hidden max-[480px]:max-h-[70%]">
          <Suspense>
            {(shownPin || poll) && (
              <Cards
                pinned={shownPin}
                poll={poll}
                chat={chat}
                me={user?.username}
                votes={deeds.writes}
                onUnpin={mods ? () => tried(unpin(room)) : null}
                onClosePoll={mods ? (id) => tried(closePoll(room, id)) : null}
              />
            )}
          </Suspense>
        </div>
        <MessageList
          ref={list}
          snapshot={snapshot}
          chat={chat}
          hidden={blocks.hidden}
          onEdit={edit}
          onEscape={toInput}
        />
        {mods && snapshot.room.holds.length > 0 && (
          <Suspense>
            <HeldBar
              holds={snapshot.room.holds}
              room={room}
              username={channel.username}
              tell={(words) => chat?.tell(words)}
            />
          </Suspense>
        )}
        <Foot room={room} chat={chat} banned={banned} onAskUnban={() => setAsked({ kind: "unban" })}>
          <AboveInput
            snapshot={snapshot}
            chat={chat}
            follow={<FollowButton username={channel.username} ownerId={channel.owner_id} small />}
          />
          <ComposeOf
            chat={chat}
            snapshot={snapshot}
            room={room}
            channel={channel}
            input={input}
            toList={toList}
          />
        </Foot>
        {asked && (
          <Suspense>
            <Dialogs
              asked={asked}
              channel={channel}
              chat={chat}
              snapshot={snapshot}
              blocks={blocks}
              ask={setAsked}
              fallback={() => input.current}
            />
          </Suspense>
        )}
      </section>
    </DeedsContext>
  );
}

function ComposeOf(props: Omit<Parameters<typeof Compose>[0], "disabled">) {
  const { sanction } = props.snapshot.room;
  const out = useWait(sanction?.kind === "timeout" && sanction.until ? Date.parse(sanction.until) : 0);
  return <Compose {...props} disabled={out > 0} />;
}

function Foot({
  room,
  chat,
  banned,
  onAskUnban,
  children,
}: {
  room: string;
  chat: ChatConnection | null;
  banned: boolean;
  onAskUnban: () => void;
  children: React.ReactNode;
}) {
  const session = useSession();
  const { pathname } = useLocation();
  if (banned && session.status !== "out") {
    return (
      <Suspense fallback={<div className="h-16 shrink-0 border-t" />}>
        <BannedFoot room={room} chat={chat} onAsk={onAskUnban} />
      </Suspense>
    );
  }
  if (session.status !== "out") return children;
  return (
    <div data-testid="chat-readonly" className="shrink-0 border-t px-4 py-3 text-sm text-quiet">
      <Trans>
        <Link to={signInPath(pathname)} className="font-medium text-action underline underline-offset-2">
          Sign in
        </Link>{" "}
        to write.
      </Trans>
    </div>
  );
}
