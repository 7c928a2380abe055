/**
 * The chat beside the picture: the list, what is going on with the connection, and the line to write. Everybody reads;
 * signed-in people write. The list sticks to its end until the reader scrolls up.
 */
import { ArrowDown, RotateCcw, SendHorizontal, X } from "lucide-react";
import { type FormEvent, memo, useCallback, useEffect, useLayoutEffect, useRef, useState } from "react";
import { Link, useLocation } from "react-router";
import { signInPath, useSession } from "../auth/use-session";
import { Button, IconButton } from "../ui/button";
import { inputLook } from "../ui/field";
import { hueOf } from "../ui/hue";
import type { ChatConnection, ChatSnapshot } from "./connection";
import type { Line, Pending } from "./log";
import { useChat } from "./use-chat";

/** CONTRACT's services cut longer messages; stopping here saves the round trip. */
const MAX_TEXT = 500;
/** This close to the end counts as being there, pixels. */
const NEAR_END = 40;

export function ChatPanel({
  room,
  onStream,
}: {
  room: string;
  onStream?: (state: string, viewers: number | undefined) => void;
}) {
  const { chat, snapshot } = useChat(room, onStream);
  return (
    <section aria-label="Chat" data-testid="chat" className="flex min-h-0 flex-1 flex-col bg-ground">
      <header className="flex h-11 shrink-0 items-center justify-between border-b px-4">
        <h2 className="text-sm font-semibold">Chat</h2>
        <span data-testid="chat-status" data-status={snapshot.status} className="text-xs text-quiet">
          {snapshot.status === "waiting" ? "Reconnecting…" : ""}
        </span>
      </header>
      <List snapshot={snapshot} chat={chat} />
      <Compose chat={chat} snapshot={snapshot} />
    </section>
  );
}

function List({ snapshot, chat }: { snapshot: ChatSnapshot; chat: ChatConnection | null }) {
  const { lines, pending } = snapshot.log;
  const box = useRef<HTMLDivElement>(null);
  const [paused, setPaused] = useState(false);
  const readTo = useRef<string | null>(null);
  const lastId = lines.at(-1)?.id ?? null;
  const unread = paused ? lines.filter((l) => readTo.current === null || l.id > readTo.current).length : 0;

  const toEnd = useCallback(() => {
    if (box.current) box.current.scrollTop = box.current.scrollHeight;
  }, []);

  // biome-ignore lint/correctness/useExhaustiveDependencies: new lines are what moves the list
  useLayoutEffect(() => {
    if (!paused) toEnd();
  }, [lines, pending, paused, toEnd]);

  useEffect(() => {
    if (!paused) readTo.current = lastId;
  }, [paused, lastId]);

  useEffect(() => {
    if (!box.current) return;
    const watch = new ResizeObserver(() => {
      if (!paused) toEnd();
    });
    watch.observe(box.current);
    return () => watch.disconnect();
  }, [paused, toEnd]);

  const onScroll = () => {
    if (!box.current) return;
    const left = box.current.scrollHeight - box.current.scrollTop - box.current.clientHeight;
    setPaused(left > NEAR_END);
  };

  const empty = lines.length === 0 && pending.length === 0;
  return (
    <div className="relative min-h-0 flex-1">
      <div
        ref={box}
        onScroll={onScroll}
        data-testid="chat-list"
        role="log"
        aria-label="Messages"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a list that scrolls must be reachable by keyboard
        tabIndex={0}
        className="absolute inset-0 overflow-y-auto overscroll-contain px-4 py-3 focus-visible:outline-offset-[-2px]"
      >
        {empty && (
          <p className="pt-2 text-sm text-quiet">
            {snapshot.status === "open" ? "Nobody has said anything yet." : "Connecting to chat…"}
          </p>
        )}
        <ul className="flex flex-col gap-1.5">
          {lines.map((line) => (
            <MessageLine key={line.id} line={line} />
          ))}
          {pending.map((message) => (
            <PendingLine
              key={message.nonce}
              message={message}
              chat={chat}
              name={snapshot.user?.display_name}
            />
          ))}
        </ul>
      </div>
      {paused && (
        <Button
          data-testid="chat-resume"
          className="absolute bottom-3 left-1/2 -translate-x-1/2 bg-raised"
          onClick={() => {
            setPaused(false);
            toEnd();
          }}
        >
          <ArrowDown aria-hidden className="size-4" />
          <span className="figures">{unread > 0 ? `${unread} new` : "Newest"}</span>
        </Button>
      )}
    </div>
  );
}

const MessageLine = memo(function MessageLine({ line }: { line: Line }) {
  return (
    <li data-testid="chat-message" data-id={line.id} className="text-sm wrap-anywhere">
      <Name name={line.user.display_name || line.user.username} />{" "}
      {line.removed ? <em className="text-quiet">message removed</em> : <span>{line.text}</span>}
    </li>
  );
});

function PendingLine({
  message,
  chat,
  name,
}: {
  message: Pending;
  chat: ChatConnection | null;
  name: string | undefined;
}) {
  const failed = message.state === "failed";
  return (
    <li data-testid="chat-pending" data-state={message.state} className="text-sm wrap-anywhere">
      <span className={failed ? "" : "opacity-60"}>
        <Name name={name ?? "You"} /> <span>{message.text}</span>
      </span>
      {message.state === "held" && <span className="block text-xs text-quiet">Waits for a moderator.</span>}
      {failed && (
        <span role="alert" className="mt-0.5 flex items-center gap-1 text-xs text-bad">
          <span className="flex-1">{message.error}</span>
          <IconButton label="Send again" className="size-7" onClick={() => chat?.retry(message.nonce)}>
            <RotateCcw aria-hidden className="size-3.5" />
          </IconButton>
          <IconButton label="Discard" className="size-7" onClick={() => chat?.discard(message.nonce)}>
            <X aria-hidden className="size-3.5" />
          </IconButton>
        </span>
      )}
    </li>
  );
}

function Name({ name }: { name: string }) {
  return (
    <span
      className="font-semibold"
      style={{ color: `light-dark(oklch(0.45 0.12 ${hueOf(name)}), oklch(0.82 0.09 ${hueOf(name)}))` }}
    >
      {name}
    </span>
  );
}

function Compose({ chat, snapshot }: { chat: ChatConnection | null; snapshot: ChatSnapshot }) {
  const session = useSession();
  const { pathname } = useLocation();
  const [text, setText] = useState("");
  const wait = useWait(snapshot.writeAfter);

  const send = (event: FormEvent) => {
    event.preventDefault();
    const trimmed = text.trim();
    if (!trimmed || !chat || wait > 0) return;
    chat.say(trimmed);
    setText("");
  };

  if (session.status === "out" || snapshot.banned) {
    return (
      <div data-testid="chat-readonly" className="shrink-0 border-t px-4 py-3 text-sm text-quiet">
        {snapshot.banned ? (
          "You are banned from this chat. You can still read it."
        ) : (
          <>
            <Link to={signInPath(pathname)} className="font-medium text-action hover:underline">
              Sign in
            </Link>{" "}
            to write.
          </>
        )}
      </div>
    );
  }
  return (
    <form
      onSubmit={send}
      className="shrink-0 border-t px-3 pt-3 pb-[max(0.75rem,env(safe-area-inset-bottom))]"
    >
      {(snapshot.notice || wait > 0) && (
        <p role="status" data-testid="chat-notice" className="px-1 pb-2 text-xs text-quiet">
          {wait > 0 ? `You can write again in ${wait} second${wait === 1 ? "" : "s"}.` : snapshot.notice}
        </p>
      )}
      <div className="flex gap-2">
        <input
          data-testid="chat-input"
          aria-label="Message"
          placeholder={snapshot.status === "open" ? "Say something" : "Connecting…"}
          value={text}
          maxLength={MAX_TEXT}
          autoComplete="off"
          enterKeyHint="send"
          onChange={(event) => setText(event.target.value)}
          className={inputLook}
        />
        <IconButton
          type="submit"
          label="Send"
          data-testid="chat-send"
          disabled={!text.trim() || wait > 0}
          className="size-10 border border-line"
        >
          <SendHorizontal aria-hidden className="size-4" />
        </IconButton>
      </div>
    </form>
  );
}

/** Whole seconds until `until`, counting down. */
function useWait(until: number): number {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    if (until <= Date.now()) return;
    setNow(Date.now());
    const timer = setInterval(() => {
      setNow(Date.now());
      if (Date.now() >= until) clearInterval(timer);
    }, 250);
    return () => clearInterval(timer);
  }, [until]);
  return Math.max(0, Math.ceil((until - now) / 1_000));
}
