/**
 * The broadcaster's page: the path to the first broadcast, then the broadcast itself with what arrives, keys and chat.
 * It goes from "waiting for your encoder" to "live" and back by push alone.
 */

import { t } from "@lingui/core/macro";
import { useEffect, useRef } from "react";
import { Navigate } from "react-router";
import type { OwnStream } from "../../api/contract";
import { sentence } from "../../api/problem";
import { signInPath, useSession } from "../../auth/use-session";
import { ChatPanel } from "../../chat/chat-panel";
import { usePushDown } from "../../live/use-live";
import { useOwnStream } from "../../live/use-own-stream";
import { Player } from "../../player/player";
import { Button } from "../../ui/button";
import { Message } from "../../ui/message";
import { useTitle } from "../../ui/use-title";
import { MarkersDesk } from "../markers/markers-desk";
import { Arrival } from "./arrival";
import { BroadcastEditor } from "./broadcast-editor";
import { ChatLinks } from "./chat-links";
import { EndBroadcast } from "./end-broadcast";
import { Fares } from "./fares";
import { Head } from "./head";
import { KeyList } from "./key-list";
import { RecentCourse } from "./recent-course";
import { recentRefusals } from "./refusal-words";
import { Refusals } from "./refusals";
import { DashboardSkeleton } from "./skeleton";
import { Steps } from "./steps";
import { isTest, TestOnAir, TestOnPicture, TestSwitch } from "./test-mode";
import { useCoach } from "./use-coach";
import { useKeys } from "./use-keys";
import { VisibilityEditor } from "./visibility";

export function Dashboard() {
  useTitle(t`Dashboard`);
  const { status } = useSession();
  if (status === "out") return <Navigate to={signInPath("/dashboard")} replace />;
  if (status === "unknown") return <DashboardSkeleton />;
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
  const down = usePushDown();
  const failed = error ?? keys.list.error;
  const away = stream?.state === "offline" || stream?.state === "reconnecting";
  // The next session's figures are others.
  useEffect(() => {
    if (away) forget();
  }, [away, forget]);
  if (!stream) {
    if (!failed) return <DashboardSkeleton />;
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
  const onAir = stream.state === "live" || stream.state === "reconnecting";
  // On air there are two columns: what goes out, and what is done about it.
  const column = onAir ? "flex min-w-0 flex-col gap-4" : "contents";
  return (
    <div className="flex min-w-0 flex-1 flex-col chat:flex-row">
      <div className="min-w-0 flex-1">
        <div className="mx-auto flex max-w-5xl flex-col gap-4 px-4 py-6 sm:px-6">
          <Head stream={stream} keys={keys.list.data?.length} />
          {isTest(stream) && <TestOnAir />}
          <Refusals list={recentRefusals(stream.refusals ?? [], stream.live?.started_at, Date.now())} />
          <div className={onAir ? "grid gap-4 xl:grid-cols-2" : "contents"}>
            <div className={column}>
              {onAir ? <Preview stream={stream} /> : <Steps stream={stream} keys={keys} />}
              {onAir && <Arrival stream={stream} arriving={arriving} down={down} />}
              {onAir && <EndBroadcast />}
            </div>
            <div className={column}>
              {/* Keeps its place among these whatever happens: an encoder that connects takes nobody's words or focus. */}
              <BroadcastEditor stream={stream} />
              {onAir && stream.live && (
                // As long as the column beside it.
                <div className="grid grow grid-cols-1">
                  <MarkersDesk username={stream.username} broadcast={stream.live.broadcast_id} last={3} />
                </div>
              )}
            </div>
          </div>
          {onAir && <Fares stream={stream} recent={recent} />}
          {!stream.live && <TestSwitch stream={stream} />}
          <VisibilityEditor stream={stream} />
          <ChatLinks username={stream.username} />
          <KeyList keys={keys} stepsShown={!onAir} />
        </div>
      </div>
      <aside className="flex h-[28rem] flex-col border-t chat:sticky chat:top-14 chat:h-[calc(100dvh-3.5rem-var(--above,0px))] chat:w-[340px] chat:border-t-0 chat:border-l">
        <ChatPanel channel={stream} />
      </aside>
    </div>
  );
}

function Preview({ stream }: { stream: OwnStream }) {
  return (
    <div
      className={`relative overflow-hidden rounded-md border ${isTest(stream) ? "border-warn" : ""}`}
      data-testid="preview"
    >
      <Player stream={stream} shown={stream.state} keys={false} preview />
      {isTest(stream) && <TestOnPicture />}
    </div>
  );
}
