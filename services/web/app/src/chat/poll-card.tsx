/** The open poll, or the last one until it is put away: its answers with what each has, to vote for. */
import { plural, t } from "@lingui/core/macro";
import { ChartBarBig, Check } from "lucide-react";
import { useState } from "react";
import { percent } from "../ui/figures";
import { keep, keptJson } from "../ui/kept";
import { useNow } from "../ui/use-now";
import { ACT, Card, type Fold } from "./card";
import type { ChatConnection } from "./connection";
import type { Poll } from "./frames";
import { leading, share } from "./poll-words";
import { secondsUntil, span } from "./spans";

export function PollCard({
  poll,
  chat,
  votes,
  fold,
  onClose,
}: {
  fold: Fold;
  poll: Poll;
  chat: ChatConnection | null;
  /** May vote. */
  votes: boolean;
  /** Ends it for everybody; null for who may not. */
  onClose: (() => void) | null;
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
  const voters = plural(poll.voters, { one: "# vote", other: "# votes" });
  return (
    <Card
      fold={fold}
      name={t`Poll`}
      testId="chat-poll"
      icon={<ChartBarBig aria-hidden className="size-3.5 shrink-0" />}
      title={open ? t`Poll · ${span(left)} left · ${voters}` : t`Poll ended · ${voters}`}
      line={<bdi>{open ? poll.question : t`Ended: ${poll.question}`}</bdi>}
      opens={open && votes && mine === null ? t`Vote` : t`Show`}
      acts={
        open &&
        onClose && (
          <button type="button" data-testid="poll-end" className={ACT} onClick={onClose}>
            {t`End it now`}
          </button>
        )
      }
      away={t`Put the poll away`}
      onAway={() => chat?.putAwayPoll()}
    >
      <p className="pb-1.5 text-sm font-medium wrap-anywhere">{poll.question}</p>
      <ul className="flex flex-col gap-1">
        {poll.options.map((option, n) => {
          const part = share(poll, n);
          const won = first.includes(n);
          const look = (
            <>
              <span
                aria-hidden
                className={`absolute inset-y-0 left-0 transition-[width] duration-300 ${won || mine === option.n ? "bg-[color-mix(in_oklab,var(--action)_28%,transparent)]" : "bg-hover"}`}
                style={{ width: `${part}%` }}
              />
              <span className="relative min-w-0 flex-1 text-left wrap-anywhere">{option.text}</span>
              {won && (
                <span className="relative shrink-0 text-xs font-normal text-quiet">{t`most votes`}</span>
              )}
              {mine === option.n && (
                <>
                  <Check aria-hidden className="relative size-4 shrink-0" />
                  {!(open && votes) && <span className="sr-only">{t`your vote`}</span>}
                </>
              )}
              <span className="figures relative shrink-0">{percent(part / 100)}</span>
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
                <div className={`${box} ${won ? "border-action font-medium" : ""}`}>{look}</div>
              )}
            </li>
          );
        })}
      </ul>
    </Card>
  );
}

const VOTE = "chat-vote";

/** The server counts one vote a person; which it was this tab remembers. Where it keeps nothing, the mark is gone after a reload, the vote is not. */
function remember(poll: string, option: number): void {
  keep("tab", VOTE, JSON.stringify({ poll, option }));
}

function remembered(poll: string): { poll: string; option: number } | null {
  const known = keptJson("tab", VOTE) as { poll?: unknown; option?: unknown } | null;
  return known?.poll === poll && typeof known.option === "number" ? { poll, option: known.option } : null;
}
