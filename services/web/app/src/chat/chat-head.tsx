/** Over the chat: whose it is in a window of its own, who is here, the way to that window, and for moderators the shield and their page. */

import { t } from "@lingui/core/macro";
import { ChartBarBig, ExternalLink, Shield, ShieldCheck, Users } from "lucide-react";
import { Suspense } from "react";
import { changeSettings } from "../api/chat";
import type { Stream } from "../api/contract";
import { lazily } from "../language/lazily";
import { IconButton } from "../ui/button";
import { count } from "../ui/figures";
import type { ChatConnection, ChatSnapshot } from "./connection";
import type { Asked } from "./deeds";

const ModerationLink = lazily(async () => (await import("./moderation-link")).ModerationLink);

export function ChatHead({
  channel,
  chat,
  snapshot,
  moderates,
  alone,
  ask,
  tried,
}: {
  channel: Pick<Stream, "id" | "username" | "display_name">;
  chat: ChatConnection | null;
  snapshot: ChatSnapshot;
  moderates: boolean;
  alone: boolean;
  ask: (what: Asked) => void;
  tried: (deed: Promise<unknown>) => void;
}) {
  const { presence, settings } = snapshot.room;
  const here = presence?.people ?? presence?.count ?? null;
  const popout = () =>
    window.open(`/popout/${channel.username}/chat`, `chat-${channel.username}`, "popup,width=400,height=720");
  return (
    <header className="flex h-11 shrink-0 items-center gap-0.5 border-b pr-1.5 pl-4">
      {alone ? (
        <h1 className="min-w-0 shrink-99 truncate text-sm font-semibold">{t`Chat of ${channel.display_name}`}</h1>
      ) : (
        <h2 className="text-sm font-semibold">{t`Chat`}</h2>
      )}
      <span
        data-testid="chat-status"
        data-status={snapshot.status}
        role="status"
        className="min-w-0 grow truncate pl-2 text-xs text-quiet"
      >
        {snapshot.status === "waiting" ? t`Reconnecting…` : ""}
      </span>
      {here !== null && (
        <button
          type="button"
          data-testid="chat-people"
          aria-label={t`In the chat: ${count(here)}. Show who`}
          title={t`Who is in the chat; watching is counted below the picture`}
          className="figures inline-flex h-9 items-center gap-1.5 rounded-sm px-2 text-xs text-quiet hover:bg-hover"
          onClick={() => ask({ kind: "people" })}
        >
          <Users aria-hidden className="size-4" />
          {count(here)}
        </button>
      )}
      {moderates && (
        <>
          <IconButton
            label={settings.shield ? t`Shield is on. Switch it off` : t`Switch the shield on`}
            aria-pressed={settings.shield}
            data-testid="chat-shield"
            className={settings.shield ? "text-good" : "text-quiet"}
            onClick={() => tried(changeSettings(channel.id, { shield: !settings.shield }))}
          >
            {settings.shield ? (
              <ShieldCheck aria-hidden className="size-4" />
            ) : (
              <Shield aria-hidden className="size-4" />
            )}
          </IconButton>
          <IconButton
            label={t`Ask the room`}
            data-testid="chat-ask"
            className="text-quiet"
            onClick={() => ask({ kind: "poll" })}
          >
            <ChartBarBig aria-hidden className="size-4" />
          </IconButton>
          <Suspense fallback={<span className="size-9 shrink-0" />}>
            <ModerationLink
              room={channel.id}
              username={channel.username}
              chat={chat}
              isOpen={snapshot.status === "open"}
            />
          </Suspense>
        </>
      )}
      {!alone && (
        <IconButton
          label={t`Chat in its own window`}
          data-testid="chat-popout"
          className="text-quiet"
          onClick={popout}
        >
          <ExternalLink aria-hidden className="size-4" />
        </IconButton>
      )}
    </header>
  );
}
