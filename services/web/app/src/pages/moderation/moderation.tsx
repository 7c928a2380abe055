/**
 * The moderators' desk of a channel: what waits, who is kept out, the rules, what was done, and for the owner who helps. The chat is
 * beside it, and its frames keep the desk true.
 */
import type { MessageDescriptor } from "@lingui/core";
import { msg, t } from "@lingui/core/macro";
import { type ReactNode, useEffect, useMemo, useRef, useState } from "react";
import { Link, Navigate, useParams, useSearchParams } from "react-router";
import type { Stream } from "../../api/contract";
import { Problem, sentence } from "../../api/problem";
import { signInPath, useSession } from "../../auth/use-session";
import { type ChatHandle, ChatPanel } from "../../chat/chat-panel";
import { moderates, type ServerFrame } from "../../chat/frames";
import { useStream } from "../../live/use-live";
import { Button, buttonLook } from "../../ui/button";
import { Message } from "../../ui/message";
import { PageSkeleton } from "../../ui/skeleton";
import { SLOW_MS } from "../../ui/slow-words";
import { useTitle } from "../../ui/use-title";
import { MarkersDesk } from "../markers/markers-desk";
import { Tabs } from "../tabs";
import { BesideContext } from "./beside";
import { Bots } from "./bots";
import { Emotes } from "./emotes";
import { Holds } from "./holds";
import { Log } from "./log";
import { Modes } from "./modes";
import { People } from "./people";
import { Reports } from "./reports";
import { Rules } from "./rules";
import { Team } from "./team";
import { Terms } from "./terms";
import { UnbanRequests } from "./unban-requests";
import { useDeskFrames } from "./use-desk";

interface Tab {
  key: string;
  name: MessageDescriptor;
  owner?: true;
  show: (props: { room: string }) => ReactNode;
}

const TABS: Tab[] = [
  {
    key: "queue",
    name: msg`Queue`,
    show: ({ room }) => (
      <>
        <Holds room={room} />
        <Reports room={room} />
        <UnbanRequests room={room} />
      </>
    ),
  },
  { key: "people", name: msg`People`, show: ({ room }) => <People room={room} /> },
  {
    key: "rules",
    name: msg`Rules`,
    show: ({ room }) => (
      <>
        <Modes room={room} />
        <Rules room={room} />
        <Terms room={room} />
      </>
    ),
  },
  { key: "log", name: msg`Log`, show: ({ room }) => <Log room={room} /> },
  { key: "emotes", name: msg`Emotes`, show: ({ room }) => <Emotes room={room} /> },
  { key: "team", name: msg`Team`, owner: true, show: ({ room }) => <Team room={room} /> },
  { key: "bots", name: msg`Bots`, owner: true, show: ({ room }) => <Bots room={room} /> },
];

export function Moderation() {
  const { username = "" } = useParams();
  const { status } = useSession();
  useTitle(t`Moderation of ${username}`);
  const { data: stream, error, refetch } = useStream(username);
  if (status === "out") return <Navigate to={signInPath(`/moderation/${username}`)} replace />;
  if (!stream && error) {
    return (
      <Message
        title={
          error instanceof Problem && error.status === 404
            ? t`There is no channel called ${username}`
            : t`The moderation page did not load`
        }
        testId="channel-error"
        action={
          <Button weight="primary" onClick={() => void refetch()}>
            {t`Try again`}
          </Button>
        }
      >
        {sentence(error)}
      </Message>
    );
  }
  if (!stream || status === "unknown") return <PageSkeleton />;
  return <Desk key={stream.id} stream={stream} />;
}

function Desk({ stream }: { stream: Stream }) {
  const room = stream.id;
  // What one is here the chat says, and says again when it changes.
  const [roles, setRoles] = useState<string[] | null>(null);
  const desk = useDeskFrames(room);
  const chat = useRef<ChatHandle>(null);
  const beside = useMemo<ChatHandle>(
    () => ({ show: (id) => chat.current?.show(id), ask: (what) => chat.current?.ask(what) }),
    [],
  );
  const onFrame = (frame: ServerFrame) => {
    if (frame.type === "joined") setRoles(frame.you?.roles ?? []);
    if (frame.type === "you") setRoles(frame.roles);
    desk(frame);
  };
  return (
    <div className="flex min-w-0 flex-1 flex-col chat:flex-row">
      <div className="min-w-0 flex-1">
        <BesideContext value={beside}>
          {!roles ? (
            <ChatAwaited />
          ) : moderates(roles) ? (
            <Parts stream={stream} roles={roles} />
          ) : (
            <NotHere stream={stream} />
          )}
        </BesideContext>
      </div>
      <aside className="flex h-[32rem] flex-col border-t chat:sticky chat:top-14 chat:h-[calc(100dvh-3.5rem)] chat:w-[340px] chat:border-t-0 chat:border-l">
        <ChatPanel ref={chat} channel={stream} onFrame={onFrame} />
      </aside>
    </div>
  );
}

/** Until the chat says what one is here: the skeleton, which says first that this takes long, and then what it waits for. */
function ChatAwaited() {
  const [late, setLate] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setLate(true), 2 * SLOW_MS);
    return () => clearTimeout(timer);
  }, []);
  return (
    <>
      {!late && <PageSkeleton />}
      <div role="status">
        {late && (
          <Message title={t`The chat cannot be reached`} testId="desk-awaits-chat">
            {t`It tells this page what you may do here. It is tried again and again, and the page goes on by itself as soon as the chat answers.`}
          </Message>
        )}
      </div>
    </>
  );
}

function NotHere({ stream }: { stream: Stream }) {
  return (
    <Message
      title={t`You do not moderate the chat of ${stream.display_name}`}
      testId="not-moderator"
      action={
        <Link to={`/${stream.username}`} className={buttonLook("primary")}>
          {t`To the channel`}
        </Link>
      }
    >
      {t`Its owner can make you a moderator.`}
    </Message>
  );
}

function Parts({ stream, roles }: { stream: Stream; roles: string[] }) {
  const room = stream.id;
  const [query] = useSearchParams();
  const tabs = TABS.filter(({ owner }) => !owner || roles.includes("owner"));
  const tab = tabs.find(({ key }) => key === query.get("tab")) ?? tabs[0];
  return (
    <div className="mx-auto flex max-w-4xl flex-col gap-4 px-4 py-6 sm:px-6">
      <div className="flex flex-wrap items-center gap-x-4 gap-y-2">
        <h1
          className="min-w-0 flex-1 line-clamp-2 wrap-anywhere text-lg font-semibold"
          data-testid="moderation"
        >
          {t`Moderation of ${stream.display_name}`}
        </h1>
        <Link to={`/${stream.username}`} className={buttonLook()}>
          {t`See the channel`}
        </Link>
      </div>
      <Tabs label={t`Parts of moderation`} tabs={tabs} current={tab} />
      {tab?.show({ room })}
      {tab?.key === "queue" && stream.live && (
        <MarkersDesk username={stream.username} broadcast={stream.live.broadcast_id} />
      )}
    </div>
  );
}
