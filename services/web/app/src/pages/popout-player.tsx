/** The player alone, in a window of its own. */
import { t } from "@lingui/core/macro";
import { useParams } from "react-router";
import { Problem, sentence } from "../api/problem";
import { useAdmission } from "../live/use-admission";
import { useStream } from "../live/use-live";
import { useShown } from "../live/use-shown";
import { Player } from "../player/player";
import { Button } from "../ui/button";
import { Message } from "../ui/message";
import { useTitle } from "../ui/use-title";
import { Gate } from "./gate";

export function PopoutPlayer() {
  const { username = "" } = useParams();
  const { data: stream, error, refetch } = useStream(username);
  const admission = useAdmission(username, stream);
  const shown = useShown(admission.stream);
  useTitle(stream?.display_name ?? username);
  if (!stream && error) {
    const unknown = error instanceof Problem && error.status === 404;
    return (
      <main>
        <Message
          title={unknown ? t`There is no channel called ${username}` : t`This channel did not load`}
          testId={unknown ? "channel-not-found" : "channel-error"}
          action={
            unknown ? null : (
              <Button weight="primary" onClick={() => void refetch()}>
                {t`Try again`}
              </Button>
            )
          }
        >
          {unknown ? t`Check the spelling; names are letters, digits and underscores.` : sentence(error)}
        </Message>
      </main>
    );
  }
  return (
    <main className="flex h-dvh items-center justify-center overflow-hidden bg-black">
      <h1 className="sr-only">{stream?.display_name ?? username}</h1>
      <div className="w-full max-w-[calc(100dvh*16/9)]">
        {stream && admission.gate ? (
          <Gate stream={stream} admission={admission} />
        ) : (
          admission.stream && <Player stream={admission.stream} shown={shown} />
        )}
      </div>
    </main>
  );
}
