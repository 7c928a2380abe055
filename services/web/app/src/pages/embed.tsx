/**
 * The player alone, for other sites' frames. It begins without sound and offers it; with `?autoplay=false` it waits for a click and shows what is on
 * air meanwhile. Over the picture stands whose channel it is, with the way there; it opens beside the page that has the frame.
 */
import { t } from "@lingui/core/macro";
import { Play } from "lucide-react";
import { useState } from "react";
import { useLocation, useParams } from "react-router";
import type { Stream } from "../api/contract";
import { Problem } from "../api/problem";
import { OVER_PICTURE, PushLost } from "../live/push-lost";
import { useAdmission } from "../live/use-admission";
import { useStream } from "../live/use-live";
import { useShown } from "../live/use-shown";
import { Player } from "../player/player";
import { Avatar } from "../ui/avatar";
import { LiveBadge } from "../ui/live-badge";
import { Still } from "../ui/still";
import { useTitle } from "../ui/use-title";
import { embedOptions } from "./embed-options";
import { Gate } from "./gate";

export function Embed() {
  const { username = "" } = useParams();
  const options = embedOptions(useLocation().search);
  const { data: stream, error } = useStream(username);
  const admission = useAdmission(username, stream);
  const shown = useShown(admission.stream);
  const [wanted, setWanted] = useState(options.autoplay);
  useTitle(stream?.display_name ?? username);
  const seen = admission.stream;
  const waits = !wanted && (shown === "live" || shown === "reconnecting");
  return (
    <div className="flex h-dvh items-center justify-center overflow-hidden bg-black">
      <main className="w-full max-w-[calc(100dvh*16/9)]">
        <h1 className="sr-only">{stream?.display_name ?? username}</h1>
        {stream && admission.gate ? (
          <Gate stream={stream} admission={admission} />
        ) : seen && waits ? (
          <Waiting stream={seen} onPlay={() => setWanted(true)} />
        ) : seen ? (
          <Player stream={seen} shown={shown} muted={options.muted} alone head={<Whose stream={seen} />} />
        ) : (
          <p
            role="status"
            data-testid="embed-words"
            className={error ? "p-6 text-center text-sm text-white/75" : "aspect-video"}
          >
            {error
              ? error instanceof Problem && error.status === 404
                ? t`There is no channel of that name.`
                : t`This channel did not load. Reload the page to try again.`
              : ""}
          </p>
        )}
      </main>
      <PushLost className={OVER_PICTURE} />
    </div>
  );
}

/** Whose channel it is. What was typed as a title is as long as it likes; it makes room before the name does. */
function Whose({ stream }: { stream: Stream }) {
  return (
    <div className="flex bg-linear-to-b from-black/80 to-transparent p-2 pb-6 text-white">
      <a
        href={`/${stream.username}`}
        target="_blank"
        rel="noopener"
        data-testid="embed-channel"
        className="flex min-w-0 items-center gap-2 rounded-sm px-1.5 py-1 text-sm hover:bg-white/15"
      >
        <Avatar name={stream.display_name} src={stream.avatar_url} size={28} />
        <span className="max-w-[calc(100%-2.25rem)] shrink-0 truncate font-semibold">
          {stream.display_name}
        </span>
        <span className="truncate text-white/80 max-[360px]:hidden">{stream.title}</span>
      </a>
    </div>
  );
}

/** Before the click: nothing is fetched but a still of what is on air. */
function Waiting({ stream, onPlay }: { stream: Stream; onPlay: () => void }) {
  const name = stream.display_name;
  const still = stream.mature ? null : stream.live?.still_url;
  return (
    <div
      data-testid="embed-poster"
      className="relative aspect-video w-full overflow-hidden bg-[oklch(0.13_0.01_265)] text-white"
    >
      {still && <Still url={still} blurred={false} />}
      <button
        type="button"
        data-testid="embed-play"
        onClick={onPlay}
        aria-label={t`Watch ${name}`}
        className="group absolute inset-0 flex items-center justify-center bg-black/25 hover:bg-black/15"
      >
        <span className="inline-flex size-20 items-center justify-center rounded-full bg-black/70 group-hover:bg-black/85">
          <Play aria-hidden className="size-8" />
        </span>
      </button>
      <div className="absolute inset-x-0 top-0">
        <Whose stream={stream} />
      </div>
      <span className="pointer-events-none absolute bottom-3 left-3">
        <LiveBadge state="live" />
      </span>
    </div>
  );
}
