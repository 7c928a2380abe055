/**
 * The broadcaster's page: the path to the first broadcast, then the broadcast itself with what arrives, keys and chat.
 * It goes from "waiting for your encoder" to "live" and back by push alone.
 */

import { t } from "@lingui/core/macro";
import { useMutation } from "@tanstack/react-query";
import { type RefObject, useEffect, useRef, useState } from "react";
import { Link, Navigate } from "react-router";
import { endBroadcast } from "../../api/calls";
import type { OwnStream } from "../../api/contract";
import { sentence } from "../../api/problem";
import { signInPath, useSession } from "../../auth/use-session";
import { ChatPanel } from "../../chat/chat-panel";
import { say } from "../../language/say";
import { useOwnStream, usePushDown } from "../../live/use-live";
import { useShown } from "../../live/use-shown";
import { Player } from "../../player/player";
import { Button, buttonLook } from "../../ui/button";
import { CopyButton } from "../../ui/copy-button";
import { FormError } from "../../ui/field";
import { viewers } from "../../ui/figures";
import { LiveBadge } from "../../ui/live-badge";
import { Message } from "../../ui/message";
import { Uptime } from "../../ui/uptime";
import { useTitle } from "../../ui/use-title";
import { MarkersDesk } from "../markers/markers-desk";
import { Arrival } from "./arrival";
import { ChatLinks } from "./chat-links";
import { Fares } from "./fares";
import { KeyList } from "./key-list";
import { RecentCourse } from "./recent-course";
import { recentRefusals } from "./refusal-words";
import { Refusals } from "./refusals";
import { stateWords, UNKNOWN } from "./state-words";
import { Steps } from "./steps";
import { isTest, TestOnAir, TestOnPicture, TestSwitch } from "./test-mode";
import { TitleEditor } from "./title-editor";
import { type Arriving, useCoach } from "./use-coach";
import { useKeys } from "./use-keys";
import { VisibilityEditor } from "./visibility";

export function Dashboard() {
  useTitle(t`Dashboard`);
  const { status } = useSession();
  if (status === "out") return <Navigate to={signInPath("/dashboard")} replace />;
  if (status === "unknown") return <div className="flex-1" />;
  return <SignedInDashboard />;
}

function SignedInDashboard() {
  const { arriving, see, forget } = useCoach();
  const recent = useRef(new RecentCourse());
  const {
    data: stream,
    error,
    refetch,
  } = useOwnStream(({ state, health, renditions = [] }) => {
    see(health, renditions);
    if (state === "live" && health)
      recent.current.see(Date.now(), health, renditions, stream?.live?.viewers ?? 0);
  });
  const broadcast = stream?.live?.broadcast_id ?? null;
  useEffect(() => recent.current.of(broadcast), [broadcast]);
  const keys = useKeys();
  const failed = error ?? keys.list.error;
  const away = stream?.state === "offline" || stream?.state === "reconnecting";
  // The next session's figures are others.
  useEffect(() => {
    if (away) forget();
  }, [away, forget]);
  if (!stream) {
    if (!failed) return <div className="flex-1" />;
    return (
      <Message
        title={t`The dashboard did not load`}
        testId="dashboard-error"
        action={
          <Button
            weight="primary"
            onClick={() => {
              void refetch();
              void keys.list.refetch();
            }}
          >
            {t`Try again`}
          </Button>
        }
      >
        {sentence(failed)}
      </Message>
    );
  }
  return (
    <div className="flex min-w-0 flex-1 flex-col chat:flex-row">
      <div className="min-w-0 flex-1">
        <div className="mx-auto flex max-w-5xl flex-col gap-4 px-4 py-6 sm:px-6">
          <Head stream={stream} keys={keys.list.data?.length} />
          {isTest(stream) && <TestOnAir />}
          <Refusals list={recentRefusals(stream.refusals ?? [], stream.live?.started_at, Date.now())} />
          {stream.state === "offline" || stream.state === "starting" ? (
            <Steps stream={stream} keys={keys} />
          ) : (
            <OnAir stream={stream} arriving={arriving} recent={recent} />
          )}
          {!stream.live && <TestSwitch stream={stream} />}
          {stream.state === "offline" && <TitleEditor stream={stream} />}
          <VisibilityEditor stream={stream} />
          <ChatLinks username={stream.username} />
          <KeyList keys={keys} stepsShown={stream.state === "offline" || stream.state === "starting"} />
        </div>
      </div>
      <aside className="flex h-[28rem] flex-col border-t chat:sticky chat:top-14 chat:h-[calc(100dvh-3.5rem)] chat:w-[340px] chat:border-t-0 chat:border-l">
        <ChatPanel channel={stream} />
      </aside>
    </div>
  );
}

function Head({ stream, keys }: { stream: OwnStream; keys: number | undefined }) {
  const shown = useShown(stream);
  const down = usePushDown();
  const { live } = stream;
  return (
    <div className="flex flex-wrap items-center gap-x-4 gap-y-2">
      <div className="min-w-0 flex-1 max-sm:basis-full">
        <h1 className="text-lg font-semibold">{t`Dashboard`}</h1>
        <p
          role="status"
          data-testid="dashboard-state"
          data-state={down ? "unknown" : stream.state}
          className="pt-0.5 text-quiet"
        >
          {down
            ? say(UNKNOWN)
            : isTest(stream) && shown === "live"
              ? t`Your test is on air.`
              : stateWords(shown, keys)}
          {!down && !live && stream.test_mode && ` ${t`Test mode is on.`}`}
        </p>
      </div>
      {live && !down && (
        <p className="figures flex items-center gap-3 text-quiet max-sm:basis-full">
          <LiveBadge state={stream.state} test={isTest(stream)} />
          <span>
            <Uptime since={live.started_at} />
          </span>
          <span data-testid="dashboard-viewers">{viewers(live.viewers)}</span>
        </p>
      )}
      <Link to="/dashboard/channel" className={buttonLook()} data-testid="edit-channel">
        {t`Edit channel`}
      </Link>
      <Link to="/dashboard/broadcasts" className={buttonLook()} data-testid="past-broadcasts">
        {t`Past broadcasts`}
      </Link>
      <Link to="/dashboard/webhooks" className={buttonLook()} data-testid="to-webhooks">
        {t`Webhooks`}
      </Link>
      <Link to={`/${stream.username}`} className={buttonLook()} data-testid="my-channel">
        {t`See your channel`}
      </Link>
      <CopyButton
        text={new URL(`/${stream.username}`, window.location.href).href}
        label={t`Copy link to your channel`}
        word={t`Copy link`}
        testId="copy-link"
      />
    </div>
  );
}

interface OnAirProps {
  stream: OwnStream;
  arriving: Arriving | null;
  recent: RefObject<RecentCourse>;
}

function OnAir({ stream, arriving, recent }: OnAirProps) {
  const down = usePushDown();
  return (
    <>
      <div className="grid items-start gap-4 xl:grid-cols-2">
        <div className="flex min-w-0 flex-col gap-4">
          <div
            className={`relative overflow-hidden rounded-md border ${isTest(stream) ? "border-warn" : ""}`}
            data-testid="preview"
          >
            <Player stream={stream} shown={stream.state} keys={false} preview />
            {isTest(stream) && <TestOnPicture />}
          </div>
          {stream.live && <MarkersDesk username={stream.username} broadcast={stream.live.broadcast_id} />}
          <TitleEditor stream={stream} />
          <EndBroadcast />
        </div>
        <Arrival stream={stream} arriving={arriving} down={down} />
      </div>
      <Fares stream={stream} recent={recent} />
    </>
  );
}

function EndBroadcast() {
  const [asking, setAsking] = useState(false);
  const end = useMutation({ mutationFn: endBroadcast });
  return (
    <div className="flex flex-col gap-2">
      <div className="flex flex-wrap items-center gap-2">
        {asking ? (
          <>
            <p className="basis-full text-quiet sm:min-w-48 sm:flex-1 sm:basis-0">
              {t`This ends the broadcast for everybody. Press Stop Streaming in OBS as well, or it connects again.`}
            </p>
            <Button
              weight="danger"
              busy={end.isPending}
              data-testid="confirm-end"
              onClick={() => end.mutate()}
            >
              {t`End it`}
            </Button>
            <Button onClick={() => setAsking(false)}>{t`Cancel`}</Button>
          </>
        ) : (
          <Button data-testid="end-broadcast" onClick={() => setAsking(true)}>
            {t`End the broadcast`}
          </Button>
        )}
      </div>
      <FormError>{end.error ? sentence(end.error) : null}</FormError>
    </div>
  );
}
