/** The player alone, in a window of its own. */
import { t } from "@lingui/core/macro";
import { useParams } from "react-router";
import { OVER_PICTURE, PushLost } from "../live/push-lost";
import { useAdmission } from "../live/use-admission";
import { useStream } from "../live/use-live";
import { useShown } from "../live/use-shown";
import { Player } from "../player/player";
import { LiveBadge } from "../ui/live-badge";
import { useTitle } from "../ui/use-title";
import { ChannelFailure } from "./failures";
import { Gate } from "./gate";
import { UnattendedInObs } from "./unattended";

export function PopoutPlayer() {
  return (
    <UnattendedInObs>
      <PlayerAlone />
    </UnattendedInObs>
  );
}

function PlayerAlone() {
  const { username = "" } = useParams();
  const { data: stream, error, refetch } = useStream(username);
  const admission = useAdmission(username, stream);
  const shown = useShown(admission.stream);
  useTitle(stream?.display_name ?? username);
  if (!stream && error) {
    return (
      <main>
        <ChannelFailure
          username={username}
          error={error}
          title={t`This channel did not load`}
          again={() => void refetch()}
        />
      </main>
    );
  }
  return (
    <main className="relative flex h-dvh items-center justify-center overflow-hidden bg-black">
      <h1 className="sr-only">{stream?.display_name ?? username}</h1>
      <div className="w-full max-w-[calc(100dvh*16/9)]">
        {stream && admission.gate ? (
          <Gate stream={stream} admission={admission} />
        ) : admission.stream ? (
          <Player stream={admission.stream} shown={shown} alone />
        ) : (
          <div className="aspect-video" />
        )}
      </div>
      <PushLost className={OVER_PICTURE} />
      {admission.stream?.live?.test && (
        <span
          className="pointer-events-none absolute top-2 left-2 rounded-[4px] bg-black/70"
          data-testid="popout-test"
        >
          <LiveBadge state={shown} test />
        </span>
      )}
    </main>
  );
}
