/** Who somebody is in this room: since when, what they said, and for moderators what was done about them and what can be. */
import { t } from "@lingui/core/macro";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { ban, type Card, card, clearMessagesOf, unban } from "../../api/chat";
import { Problem, sentence } from "../../api/problem";
import { Avatar } from "../../ui/avatar";
import { Button, buttonLook } from "../../ui/button";
import { FormError } from "../../ui/field";
import { clock, date, dateTime, number } from "../../ui/figures";
import { MenuButton } from "../../ui/menu";
import { SlowWords } from "../../ui/slow-words";
import { actWords } from "../act-words";
import { Badges } from "../badges";
import { type Asked, type Deeds, TIMEOUTS } from "../deeds";
import type { ChatUser, MessageFrame, Sanction } from "../frames";
import type { Line } from "../log";
import { longSpan } from "../spans";
import { nameOf, Text } from "../text";
import type { useBlocks } from "../use-blocks";
import { OwnColour } from "./own-colour";

export function UserCard({
  room,
  user,
  message,
  lines,
  deeds,
  blocks,
  ask,
  close,
}: {
  room: string;
  user: ChatUser;
  message: MessageFrame | undefined;
  lines: readonly Line[];
  deeds: Deeds;
  blocks: ReturnType<typeof useBlocks>;
  ask: (what: Asked | null) => void;
  close: () => void;
}) {
  const mine = user.id === deeds.me?.id;
  const blocked = blocks.hidden.has(user.id);
  const [error, setError] = useState<unknown>(null);
  const tried = (deed: Promise<unknown>) =>
    void deed.then(
      () => setError(null),
      (why) => setError(why),
    );
  return (
    <div className="flex flex-col gap-4">
      <div className="flex items-center gap-3">
        <Avatar name={nameOf(user)} size={44} />
        <div className="min-w-0">
          <p className="truncate font-semibold">
            <Badges badges={user.badges} />
            <bdi>{nameOf(user)}</bdi>
          </p>
          <p className="truncate text-quiet">@{user.username}</p>
        </div>
      </div>
      {deeds.moderates ? (
        <ModeratorsPart room={room} user={user} mine={mine} ask={ask} tried={tried} />
      ) : (
        <Said
          messages={lines
            .filter((l): l is Extract<Line, { kind: "message" }> => l.kind === "message" && !l.removed)
            .filter((l) => l.user.id === user.id)
            .slice(-5)}
        />
      )}
      {mine && <OwnColour present={user.color} />}
      {deeds.me && !mine && (
        <div className="flex flex-wrap gap-2">
          {deeds.writes && (
            <Button
              data-testid="card-mention"
              onClick={() => {
                close();
                // After the dialog has given the focus back.
                setTimeout(() => deeds.mention(user.username));
              }}
            >
              {t`Mention`}
            </Button>
          )}
          <Button data-testid="card-block" onClick={() => tried(blocks.change(user, !blocked))}>
            {blocked ? t`Show their messages` : t`Hide their messages`}
          </Button>
          {message && <Button onClick={() => ask({ kind: "report", message })}>{t`Report`}</Button>}
        </div>
      )}
      <FormError>{error ? sentence(error) : null}</FormError>
    </div>
  );
}

function ModeratorsPart({
  room,
  user,
  mine,
  ask,
  tried,
}: {
  room: string;
  user: ChatUser;
  mine: boolean;
  ask: (what: Asked) => void;
  tried: (deed: Promise<unknown>) => void;
}) {
  const client = useQueryClient();
  const queryKey = ["chat-card", room, user.id];
  const { data, error } = useQuery({
    queryKey,
    queryFn: ({ signal }) => card(room, user.id, signal),
    staleTime: 0,
  });
  const after = (deed: Promise<unknown>) =>
    tried(deed.then(() => void client.invalidateQueries({ queryKey })));
  const sanction = data?.sanction && data.sanction.kind !== "none" ? data.sanction : null;
  const above = data?.roles?.some((r) => r === "owner" || r === "staff") ?? false;
  return (
    <>
      {error && !(error instanceof Problem && error.status === 404) && (
        <p className="text-sm text-quiet">{sentence(error)}</p>
      )}
      {!data && !error && <SlowWords />}
      {data && <Facts card={data} sanction={sanction} />}
      {data?.messages && <Said messages={[...data.messages].reverse().slice(-5)} />}
      {(data?.acts?.length ?? 0) > 0 && (
        <section>
          <h3 className="pb-1 text-xs font-medium text-quiet">{t`What was done`}</h3>
          <ul className="flex flex-col gap-1 text-sm">
            {data?.acts?.slice(0, 5).map((act) => (
              <li key={act.id} className="wrap-anywhere">
                <bdi>{actWords(act)}</bdi>
                {act.note && <span className="block">{t`Note: ${act.note}`}</span>}{" "}
                <span className="text-xs text-quiet">{dateTime(act.at)}</span>
              </li>
            ))}
          </ul>
        </section>
      )}
      {!mine && !above && (
        <div className="flex flex-wrap gap-2" data-testid="card-moderation">
          {sanction ? (
            <Button weight="primary" data-testid="card-unban" onClick={() => after(unban(room, user.id))}>
              {sanction.kind === "ban" ? t`Unban` : t`End the time-out`}
            </Button>
          ) : (
            <MenuButton
              label={t`Time out`}
              data-testid="card-timeout"
              className={buttonLook()}
              container={document.querySelector<HTMLElement>("dialog[open]")}
              items={TIMEOUTS.map((seconds) => ({
                key: String(seconds),
                label: longSpan(seconds),
                onSelect: () => after(ban(room, user.id, { duration_s: seconds })),
              }))}
            >
              {t`Time out`}
            </MenuButton>
          )}
          <Button onClick={() => after(clearMessagesOf(room, user.id))}>{t`Clear messages`}</Button>
          {sanction?.kind !== "ban" && (
            <Button weight="danger" data-testid="card-ban" onClick={() => ask({ kind: "ban", user })}>
              {t`Ban`}
            </Button>
          )}
        </div>
      )}
    </>
  );
}

function Facts({ card, sanction }: { card: Card; sanction: Sanction | null }) {
  const rows: Array<[string, string]> = [];
  if (card.created_at) rows.push([t`Account since`, date(card.created_at)]);
  if (card.first_message_at) rows.push([t`First message here`, date(card.first_message_at)]);
  const counted = (name: string) => number(card.counts?.[name] ?? 0);
  rows.push([t`Messages here lately`, counted("messages")]);
  rows.push([t`Time-outs`, counted("timeout")], [t`Bans`, counted("ban")]);
  if (sanction)
    rows.push([
      t`Now`,
      sanction.kind === "ban"
        ? t`Banned`
        : sanction.until
          ? t`Timed out until ${dateTime(sanction.until)}`
          : t`Timed out`,
    ]);
  if (sanction?.reason) rows.push([t`Reason`, sanction.reason]);
  return (
    <dl className="figures grid grid-cols-[auto_1fr] gap-x-4 gap-y-1 text-sm">
      {rows.map(([name, value]) => (
        <div key={name} className="contents">
          <dt className="text-quiet">{name}</dt>
          <dd className="wrap-anywhere">{value}</dd>
        </div>
      ))}
    </dl>
  );
}

function Said({ messages }: { messages: readonly MessageFrame[] }) {
  return (
    <section>
      <h3 className="pb-1 text-xs font-medium text-quiet">{t`Last messages`}</h3>
      {messages.length === 0 && <p className="text-sm text-quiet">{t`None that this page knows.`}</p>}
      <ul className="flex flex-col gap-1">
        {messages.map((m) => (
          <li key={m.id} className="text-sm wrap-anywhere">
            <time dateTime={m.at} className="figures pr-2 text-xs text-quiet">
              {clock(m.at)}
            </time>
            <Text text={m.text} emotes={m.emotes} />
          </li>
        ))}
      </ul>
    </section>
  );
}
