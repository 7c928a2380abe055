/** What stays on top of the lines: the pinned message and the poll. Each can be put away, for this reader only. */
import { ChartBarBig, Check, Pin, X } from "lucide-react";
import { type ReactNode, useState } from "react";
import { Button, IconButton } from "../ui/button";
import { useNow } from "../ui/use-now";
import type { ChatConnection } from "./connection";
import type { MessageFrame, Poll } from "./frames";
import { leading, share } from "./poll-words";
import { secondsUntil, span } from "./spans";
import { Name, Text } from "./text";

function Card({
  icon,
  title,
  onAway,
  away,
  testId,
  children,
}: {
  icon: ReactNode;
  title: ReactNode;
  onAway: () => void;
  away: string;
  testId: string;
  children: ReactNode;
}) {
  return (
    <section
      aria-label={testId === "chat-poll" ? "Poll" : "Pinned message"}
      data-testid={testId}
      className="shrink-0 border-b bg-raised py-2 pr-2 pl-4"
    >
      <div className="flex items-center gap-1.5 text-xs text-quiet">
        {icon}
        <span className="figures flex-1">{title}</span>
        <IconButton label={away} className="size-7" onClick={onAway}>
          <X aria-hidden className="size-3.5" />
        </IconButton>
      </div>
      <div className="pr-2">{children}</div>
    </section>
  );
}

export function Pinned({
  message,
  me,
  onUnpin,
}: {
  message: MessageFrame;
  me: string | undefined;
  onUnpin: (() => void) | null;
}) {
  const [away, setAway] = useState<string | null>(null);
  if (away === message.id) return null;
  return (
    <Card
      testId="chat-pinned"
      icon={<Pin aria-hidden className="size-3.5" />}
      title="Pinned"
      away="Put the pinned message away"
      onAway={() => setAway(message.id)}
    >
      <div className="max-h-24 overflow-y-auto text-sm wrap-anywhere">
        <Name user={message.user} />
        <span className="text-quiet">: </span>
        <Text text={message.text} emotes={message.emotes} me={me} />
      </div>
      {onUnpin && (
        <button
          type="button"
          data-testid="chat-unpin"
          className="min-h-6 text-xs font-medium text-action hover:underline"
          onClick={onUnpin}
        >
          Unpin for everybody
        </button>
      )}
    </Card>
  );
}

export function PollCard({
  poll,
  chat,
  votes,
  moderates,
  onClose,
}: {
  poll: Poll;
  chat: ChatConnection | null;
  /** May vote. */
  votes: boolean;
  moderates: boolean;
  onClose: () => void;
}) {
  const [chosen, setChosen] = useState<{ poll: string; option: number } | null>(() => remembered(poll.id));
  const mine = chosen?.poll === poll.id ? chosen.option : null;
  const now = useNow(1_000);
  const left = secondsUntil(Date.parse(poll.ends_at), now);
  const open = poll.state === "open" && left > 0;
  const first = open ? [] : leading(poll);
  const vote = (option: number) => {
    chat?.vote(poll.id, option);
    setChosen({ poll: poll.id, option });
    remember(poll.id, option);
  };
  const voters = `${poll.voters} ${poll.voters === 1 ? "vote" : "votes"}`;
  return (
    <Card
      testId="chat-poll"
      icon={<ChartBarBig aria-hidden className="size-3.5" />}
      title={open ? `Poll · ${span(left)} left · ${voters}` : `Poll ended · ${voters}`}
      away="Put the poll away"
      onAway={() => chat?.putAwayPoll()}
    >
      <p className="pb-1.5 text-sm font-medium wrap-anywhere">{poll.question}</p>
      <ul className="flex max-h-60 flex-col gap-1 overflow-y-auto">
        {poll.options.map((option, n) => {
          const percent = share(poll, n);
          const won = first.includes(n);
          const look = (
            <>
              <span
                aria-hidden
                className={`absolute inset-y-0 left-0 transition-[width] duration-300 ${won || mine === option.n ? "bg-[color-mix(in_oklab,var(--action)_28%,transparent)]" : "bg-hover"}`}
                style={{ width: `${percent}%` }}
              />
              <span className="relative min-w-0 flex-1 text-left wrap-anywhere">{option.text}</span>
              {(mine === option.n || won) && <Check aria-hidden className="relative size-4 shrink-0" />}
              <span className="figures relative shrink-0">{percent} %</span>
            </>
          );
          const box =
            "relative flex min-h-9 w-full items-center gap-2 overflow-hidden rounded-sm border px-3 py-1.5 text-sm";
          return (
            <li key={option.n}>
              {open && votes ? (
                <button
                  type="button"
                  aria-pressed={mine === option.n}
                  data-testid={`poll-option-${option.n}`}
                  onClick={() => vote(option.n)}
                  className={`${box} hover:border-action ${mine === option.n ? "border-action" : ""}`}
                >
                  {look}
                </button>
              ) : (
                <div className={`${box} ${won ? "border-action font-medium" : ""}`}>
                  {look}
                  {won && <span className="sr-only">, the winner</span>}
                </div>
              )}
            </li>
          );
        })}
      </ul>
      {open && moderates && (
        <Button className="mt-2 !h-8" data-testid="poll-end" onClick={onClose}>
          End it now
        </Button>
      )}
    </Card>
  );
}

/** The server counts one vote a person; which it was this tab remembers. */
function remember(poll: string, option: number): void {
  try {
    sessionStorage.setItem("chat-vote", JSON.stringify({ poll, option }));
  } catch {
    // Without storage the mark is gone after a reload, the vote is not.
  }
}

function remembered(poll: string): { poll: string; option: number } | null {
  try {
    const known = JSON.parse(sessionStorage.getItem("chat-vote") ?? "null");
    return known?.poll === poll && typeof known.option === "number" ? known : null;
  } catch {
    return null;
  }
}
