/** The player alone, for other sites' frames. */
import { t } from "@lingui/core/macro";
import { useParams } from "react-router";
import { Problem } from "../api/problem";
import { useAdmission } from "../live/use-admission";
import { useStream } from "../live/use-live";
import { useShown } from "../live/use-shown";
import { Player } from "../player/player";
import { useTitle } from "../ui/use-title";
import { Gate } from "./gate";

export function Embed() {
  const { username = "" } = useParams();
  const { data: stream, error } = useStream(username);
  const admission = useAdmission(username, stream);
  const shown = useShown(admission.stream);
  useTitle(stream?.display_name ?? username);
  return (
    <div className="flex h-dvh items-center justify-center overflow-hidden bg-black">
      <div className="w-full max-w-[calc(100dvh*16/9)]">
        {stream && admission.gate ? (
          <Gate stream={stream} admission={admission} />
        ) : admission.stream ? (
          <Player stream={admission.stream} shown={shown} />
        ) : (
          <p role="status" className="p-6 text-center text-sm text-white/75">
            {error
              ? error instanceof Problem && error.status === 404
                ? t`There is no channel of that name.`
                : t`This channel did not load. Reload the page to try again.`
              : ""}
          </p>
        )}
      </div>
    </div>
  );
}
