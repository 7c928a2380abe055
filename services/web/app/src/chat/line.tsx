/** One line of the chat: a message, something that happened to the stream, a poll, an answer to a command. */
import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import {
  ChartBarBig,
  CornerUpLeft,
  Heart,
  type LucideIcon,
  Megaphone,
  Pencil,
  Radio,
  Sparkles,
  Terminal,
  WifiOff,
} from "lucide-react";
import { memo, type ReactNode } from "react";
import { useLanguage } from "../language/use-language";
import { clockWithSeconds } from "../ui/figures";
import { Badges } from "./badges";
import { useDeeds } from "./deeds";
import type { NoticeFrame, NoticeKind } from "./frames";
import { quotesHidden } from "./hidden";
import { LineActions } from "./line-actions";
import type { Line, MessageLine } from "./log";
import { isNewcomer } from "./newcomer";
import { noticeWords } from "./notice-words";
import { mentionsMe } from "./pieces";
import { pollResult } from "./poll-words";
import { spokenName } from "./spoken";
import { Name, nameOf, Text } from "./text";

const ROW = "relative px-4 py-1 text-sm wrap-anywhere outline-offset-[-2px]";
const QUIET_ROW = `${ROW} flex items-start gap-2 text-quiet`;
const ICON = "mt-[3px] size-3.5 shrink-0";

/** `active`: pointed at or focused; its actions and links are within reach then. */
export const Row = memo(function Row({
  line,
  active,
  shown,
  onMenu,
}: {
  line: Line;
  active: boolean;
  /** One was led here. */
  shown: boolean;
  /** The line whose menu is open: it stays active although the pointer is elsewhere. */
  onMenu: (id: string | null) => void;
}) {
  useLanguage();
  const mark = shown ? " shown-line" : "";
  switch (line.kind) {
    case "message":
      return <Message line={line} active={active} mark={mark} onMenu={onMenu} />;
    case "notice":
      return <Notice notice={line.notice} id={line.id} />;
    case "poll":
      return (
        <li tabIndex={-1} data-id={line.id} data-testid="chat-notice-line" className={QUIET_ROW}>
          <ChartBarBig aria-hidden className={ICON} />
          <bdi>{pollResult(line.poll)}</bdi>
        </li>
      );
    case "aside":
      return <Aside line={line} />;
  }
});

const ANNOUNCED = { primary: "border-l-action", good: "border-l-good", warn: "border-l-warn" };

function Message({
  line,
  active,
  mark,
  onMenu,
}: {
  line: MessageLine;
  active: boolean;
  mark: string;
  onMenu: (id: string | null) => void;
}) {
  const deeds = useDeeds();
  if (line.removed) {
    const mine = line.user.id === deeds.me?.id;
    const name = <Name user={line.user} />;
    return (
      <li tabIndex={-1} data-id={line.id} data-testid="chat-message" data-removed className={ROW}>
        <em className="text-quiet">
          {line.removed !== "author" ? (
            <Trans>A message of {name}, deleted by a moderator</Trans>
          ) : mine ? (
            <Trans>A message of {name}, deleted by you</Trans>
          ) : (
            <Trans>A message of {name}, deleted by its author</Trans>
          )}
        </em>
      </li>
    );
  }
  const toMe = mentionsMe(line, deeds.me) && line.user.id !== deeds.me?.id;
  const isNew = isNewcomer(line);
  const look = line.announcement
    ? `my-1 border-l-3 bg-raised py-2 pl-[13px] ${ANNOUNCED[line.announcement] ?? ANNOUNCED.primary}`
    : toMe
      ? "border-l-3 border-l-action bg-[color-mix(in_oklab,var(--action)_12%,transparent)] pl-[13px]"
      : isNew
        ? "border-l-3 border-l-good pl-[13px]"
        : active
          ? "bg-raised"
          : "";
  return (
    <li
      tabIndex={-1}
      data-id={line.id}
      data-testid="chat-message"
      data-mention={toMe || undefined}
      className={`${ROW} ${look}${mark}`}
    >
      {line.announcement && <Above icon={Megaphone}>{t`Announcement`}</Above>}
      {isNew && (
        <Above icon={Sparkles} look="text-good">
          {t`First message here`}
        </Above>
      )}
      {line.reply_to && <Quote line={line} active={active} />}
      <span className="-my-0.5 block overflow-clip py-0.5">
        <button
          type="button"
          tabIndex={active ? 0 : -1}
          data-testid="chat-name"
          className="rounded-[3px] text-left hover:underline"
          title={clockWithSeconds(line.at)}
          onClick={() => deeds.ask({ kind: "card", user: line.user, message: line })}
        >
          <Name user={line.user} />
        </button>
        {line.me ? " " : <span className="text-quiet">: </span>}
        <span className={line.me ? "italic" : undefined}>
          <Text text={line.text} emotes={line.emotes} me={deeds.me?.username} reach={active} />
        </span>
      </span>
      {line.image && <Picture line={line} active={active} />}
      {active && <LineActions line={line} onMenu={onMenu} />}
    </li>
  );
}

function Above({
  icon: Icon,
  look = "text-quiet",
  children,
}: {
  icon: LucideIcon;
  look?: string;
  children: ReactNode;
}) {
  return (
    <span className={`flex items-center gap-1 text-xs font-medium ${look}`}>
      <Icon aria-hidden className="size-3" />
      {children}
    </span>
  );
}

function Quote({ line, active }: { line: MessageLine; active: boolean }) {
  const { jump, hidden } = useDeeds();
  const { reply, reply_to: parent } = line;
  const isHidden = quotesHidden(line, hidden);
  if (!reply || !parent || isHidden) {
    return (
      <span className="flex items-center gap-1 text-xs text-quiet">
        <CornerUpLeft aria-hidden className="size-3 shrink-0" />
        {isHidden ? t`Answers somebody you have hidden` : t`Answers a message that is gone`}
      </span>
    );
  }
  return (
    <button
      type="button"
      tabIndex={active ? 0 : -1}
      data-testid="chat-quote"
      aria-label={t`Answers ${spokenName(reply.user)}: ${reply.text}. Go there`}
      className="flex min-h-6 w-full items-center gap-1 rounded-[3px] text-left text-xs text-quiet hover:text-text"
      onClick={() => jump(parent)}
    >
      <CornerUpLeft aria-hidden className="size-3 shrink-0" />
      <span className="truncate">
        <Badges badges={reply.user.badges} />
        <bdi className="font-medium">{nameOf(reply.user)}</bdi> <bdi>{reply.text}</bdi>
      </span>
    </button>
  );
}

function Picture({ line, active }: { line: MessageLine; active: boolean }) {
  const { ask } = useDeeds();
  const { image } = line;
  if (!image?.url.startsWith("/") || image.url.startsWith("//")) return null;
  return (
    <button
      type="button"
      tabIndex={active ? 0 : -1}
      className="mt-1 block max-w-full overflow-hidden rounded-sm border"
      onClick={() => ask({ kind: "image", image, by: line.user })}
    >
      <img
        src={image.url}
        width={image.width}
        height={image.height}
        loading="lazy"
        alt={t`Shared by ${nameOf(line.user)}`}
        className="block h-auto max-h-48 w-auto max-w-full object-contain"
      />
    </button>
  );
}

const NOTICES: Record<NoticeKind, { Icon: LucideIcon; look: string }> = {
  live: { Icon: Radio, look: "text-live" },
  reconnecting: { Icon: WifiOff, look: "" },
  back: { Icon: Radio, look: "text-live" },
  ended: { Icon: Radio, look: "" },
  title: { Icon: Pencil, look: "" },
  follow: { Icon: Heart, look: "text-action" },
};

function Notice({ notice, id }: { notice: NoticeFrame; id: string }) {
  const kind = NOTICES[notice.kind];
  if (!kind) return null;
  return (
    <li
      tabIndex={-1}
      data-id={id}
      data-testid="chat-notice-line"
      data-kind={notice.kind}
      className={QUIET_ROW}
    >
      <kind.Icon aria-hidden className={`${ICON} ${kind.look}`} />
      <bdi>{noticeWords(notice)}</bdi>
    </li>
  );
}

function Aside({ line }: { line: Extract<Line, { kind: "aside" }> }) {
  const deeds = useDeeds();
  const { act } = line;
  return (
    <li tabIndex={-1} data-id={line.id} data-testid="chat-aside" className={QUIET_ROW}>
      <Terminal aria-hidden className={ICON} />
      <span className="min-w-0 flex-1 whitespace-pre-line">{line.text}</span>
      {act && (
        <button
          type="button"
          className="-my-0.5 min-h-6 shrink-0 rounded-[3px] font-medium text-action hover:underline"
          onClick={() => deeds.undo(act)}
        >
          {t`Undo`}
        </button>
      )}
    </li>
  );
}
