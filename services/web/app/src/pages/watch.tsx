/** A channel: the player, what it is about, and the chat beside (wide) or below (narrow) it. */

import { t } from "@lingui/core/macro";
import { useQueryClient } from "@tanstack/react-query";
import { Pencil, Users } from "lucide-react";
import { Suspense, useDeferredValue, useEffect, useState } from "react";
import { Link, useParams } from "react-router";
import type { ChannelState, Stream } from "../api/contract";
import { useSession } from "../auth/use-session";
import { FollowButton } from "../chat/follow-button";
import { useCategoryName } from "../language/category-name";
import { language } from "../language/language";
import { lazily } from "../language/lazily";
import { isOpen, type Shown, streamAfter } from "../live/stream-state";
import { useAdmission } from "../live/use-admission";
import { keys, useStream } from "../live/use-live";
import { useShown } from "../live/use-shown";
import { Player } from "../player/player";
import { useAfterPicture } from "../player/use-after-picture";
import { useTheatre } from "../player/use-theatre";
import { Avatar } from "../ui/avatar";
import { buttonLook } from "../ui/button";
import { titleOf } from "../ui/channel-title";
import { viewers } from "../ui/figures";
import { LiveBadge } from "../ui/live-badge";
import { SlowWords } from "../ui/slow-words";
import { Uptime } from "../ui/uptime";
import { useTitle } from "../ui/use-title";
import { ChannelFailure } from "./failures";
import { Gate } from "./gate";
import { ShareButton } from "./share/share-button";

/** Below the fold: they load after the player. */
const ChatPanel = lazily(async () => (await import("../chat/chat-panel")).ChatPanel, ["chat"]);
const Absent = lazily(async () => (await import("./channel/absent")).Absent);
const AskWhetherThere = lazily(async () => (await import("./channel/absent")).AskWhetherThere);
const ChannelPast = lazily(async () => (await import("./channel/past")).ChannelPast);
const ChannelAbout = lazily(async () => (await import("./channel/about")).ChannelAbout);

const STATES = new Set(["offline", "starting", "live", "reconnecting"]);

export function Watch() {
  const { username = "" } = useParams();
  return <WatchChannel key={username.toLowerCase()} username={username} />;
}

function WatchChannel({ username }: { username: string }) {
  const client = useQueryClient();
  const { data: stream, error, refetch } = useStream(username);
  const session = useSession();
  const admission = useAdmission(username, stream);
  const seen = admission.stream;
  const shown = useShown(seen);
  const pictured = useAfterPicture(stream && stream.state === "live" && !admission.gate);
  // Drawn bit by bit, so that a slow phone answers meanwhile.
  const mayLoad = useDeferredValue(pictured && stream !== undefined, false);
  useEffect(() => {
    if (mayLoad) void language.add(["categories"]);
  }, [mayLoad]);
  const [absent, setAbsent] = useState(false);
  const theatre = useTheatre(seen !== undefined && !admission.gate && shown !== "offline");
  useTitle(stream?.display_name ?? username);

  if (!stream && error) {
    const title = t`This channel did not load`;
    return <ChannelFailure username={username} error={error} title={title} again={() => void refetch()} />;
  }

  // Chat tells of the stream too: whichever push comes first wins.
  const onStream = (state: string, count: number | undefined) => {
    const before = client.getQueryData<Stream>(keys.stream(username));
    if (state === "offline" && before && before.state !== "offline") {
      // Chat reads an index that lives by heartbeats: after a restart it knows less than the server. The end comes as an event of its own;
      // should that be lost, this finds it.
      const ask = () => {
        if (client.getQueryData<Stream>(keys.stream(username))?.state !== "offline") void refetch();
      };
      window.setTimeout(ask, 500 + Math.random() * 1_500);
      return;
    }
    client.setQueryData<Stream>(keys.stream(username), (known) => {
      if (!known || !STATES.has(state)) return known;
      const after = streamAfter(known, {
        event: "state",
        data: { channel_id: known.id, state: state as ChannelState },
      });
      if (count === undefined) return after;
      return streamAfter(after, { event: "viewers", data: { channel_id: known.id, viewers: count } });
    });
  };

  return (
    <div className="flex min-w-0 flex-1 flex-col chat:flex-row">
      <div className="min-w-0 chat:flex-1">
        {/* In a low window it scrolls away: it would leave no room for the rest. */}
        <div data-pinned className="sticky top-14 z-30 bg-black low:static chat:static">
          <div
            className={`mx-auto max-chat:max-w-[calc(60dvh*16/9)] low:max-w-[calc((100dvh-3.5rem)*16/9)] ${theatre.on ? "" : "max-w-[calc((100dvh-3.5rem-7rem)*16/9)]"}`}
          >
            {absent ? (
              <Suspense>
                <Absent />
              </Suspense>
            ) : stream && admission.gate ? (
              <Gate stream={stream} admission={admission} />
            ) : seen ? (
              <Player stream={seen} shown={shown} popout theatre={theatre} />
            ) : (
              <div className="flex aspect-video w-full items-center justify-center bg-black px-4">
                <SlowWords className="text-center text-sm text-white/75" />
              </div>
            )}
          </div>
        </div>
        {seen ? <About stream={seen} shown={shown} /> : <AboutSkeleton username={username} />}
        {stream && mayLoad && (
          <Suspense>
            {stream.state === "offline" && <AskWhetherThere username={stream.username} tell={setAbsent} />}
            {stream.state === "offline" && <ChannelPast stream={stream} />}
            <ChannelAbout stream={stream} />
          </Suspense>
        )}
      </div>
      {/* Where it comes below what the channel is about, not before that is known: it would jump. */}
      <aside
        className={`${stream ? "" : "max-chat:hidden"} flex min-h-[24rem] flex-1 flex-col border-t chat:sticky chat:top-14 chat:h-[calc(100dvh-3.5rem)] chat:w-[340px] chat:flex-none chat:border-t-0 chat:border-l chat:in-data-theatre:top-0 chat:in-data-theatre:h-dvh`}
      >
        {stream &&
          (isOpen(stream) || (!admission.gate && session.status === "in") ? (
            mayLoad && (
              <Suspense>
                <ChatPanel key={stream.visibility} channel={stream} onStream={onStream} />
              </Suspense>
            )
          ) : (
            <p className="p-4 text-sm text-quiet" data-testid="chat-closed">
              {admission.gate
                ? t`Chat is for those who may watch.`
                : t`Sign in to chat here: on a channel that is not for everybody, chat is for people with an account.`}
            </p>
          ))}
      </aside>
    </div>
  );
}

function About({ stream, shown }: { stream: Stream; shown: Shown }) {
  const { live } = stream;
  const session = useSession();
  const mine = session.user?.id === stream.owner_id;
  const category = useCategoryName(stream.category);
  return (
    <div className="flex flex-wrap gap-x-3 gap-y-3 px-4 py-3 sm:px-6 sm:py-4">
      <Avatar name={stream.display_name} src={stream.avatar_url} size={44} />
      <div className="min-w-0 flex-1 max-sm:basis-[calc(100%-4rem)]">
        <h1
          data-testid="stream-title"
          className="line-clamp-2 text-base font-semibold wrap-anywhere sm:text-lg"
        >
          {titleOf(stream)}
        </h1>
        <p className="flex flex-wrap items-center gap-x-3 gap-y-1 pt-0.5 text-quiet">
          <span className="truncate font-medium text-text">{stream.display_name}</span>
          {stream.category &&
            (stream.category_slug ? (
              <Link
                to={`/category/${stream.category_slug}`}
                data-testid="stream-category"
                className="truncate hover:underline"
              >
                {category}
              </Link>
            ) : (
              <span className="truncate">{category}</span>
            ))}
          {stream.mature && <span className="rounded-full border px-2 text-xs">{t`Mature`}</span>}
          {stream.tags.slice(0, 5).map((tag) => (
            <Link
              key={tag}
              to={`/browse?tag=${encodeURIComponent(tag)}`}
              className="truncate rounded-full border px-2 text-xs hover:bg-hover"
            >
              {tag}
            </Link>
          ))}
          {!mine && (
            <Link
              to={`/account/reports?channel=${stream.username}`}
              data-testid="report-channel"
              className="text-xs hover:underline"
            >
              {t`Report`}
            </Link>
          )}
        </p>
      </div>
      {/* Before the buttons, which keep their place while it comes and goes. */}
      <div className="flex items-center gap-x-3 gap-y-1 max-sm:flex-1 sm:flex-col sm:items-end">
        <LiveBadge state={shown} test={live?.test === true} />
        {live && (
          <p className="figures flex flex-wrap items-center gap-x-3 text-sm whitespace-nowrap text-quiet sm:justify-end">
            <span
              className="inline-flex items-center gap-1.5"
              data-testid="stream-viewers"
              data-count={live.viewers}
              title={t`Who watches the picture; the chat counts who is in it`}
            >
              <Users aria-hidden className="size-4" />
              {viewers(live.viewers)}
            </span>
            <span title={t`Since the start`}>
              <Uptime since={live.started_at} />
            </span>
          </p>
        )}
      </div>
      <div className="max-sm:order-last">
        {mine ? (
          <Link to="/dashboard/channel" data-testid="edit-own-channel" className={buttonLook()}>
            <Pencil aria-hidden className="size-4 sm:hidden" />
            <span className="max-sm:sr-only">{t`Edit channel`}</span>
          </Link>
        ) : (
          <FollowButton username={stream.username} ownerId={stream.owner_id} />
        )}
      </div>
      <ShareButton stream={stream} />
    </div>
  );
}

function AboutSkeleton({ username }: { username: string }) {
  return (
    <div className="flex h-28 gap-3 px-4 py-3 sm:px-6 sm:py-4">
      <div aria-hidden className="size-11 shrink-0 rounded-full bg-raised" />
      <div className="min-w-0 flex-1">
        <h1 className="h-5 w-3/5 rounded-sm bg-raised">
          <span className="sr-only">{username}</span>
        </h1>
        <div aria-hidden className="mt-2 h-4 w-2/5 rounded-sm bg-raised" />
      </div>
    </div>
  );
}
