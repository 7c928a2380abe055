/** The chat alone, in a window of its own. Everything of the chat works here. */
import { t } from "@lingui/core/macro";
import { Link, useParams } from "react-router";
import { Problem, sentence } from "../api/problem";
import { ChatPanel } from "../chat/chat-panel";
import { useStream } from "../live/use-live";
import { Button, buttonLook } from "../ui/button";
import { Message } from "../ui/message";
import { useTitle } from "../ui/use-title";

export function Popout() {
  const { username = "" } = useParams();
  const { data: stream, error, refetch } = useStream(username);
  useTitle(t`Chat of ${stream?.display_name ?? username}`);
  if (!stream && error) {
    const unknown = error instanceof Problem && error.status === 404;
    return (
      <main>
        <Message
          title={unknown ? t`There is no channel called ${username}` : t`This chat did not load`}
          testId={unknown ? "channel-not-found" : "channel-error"}
          action={
            unknown ? (
              <Link to="/" className={buttonLook("primary")}>
                {t`See who is live`}
              </Link>
            ) : (
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
    <main className="flex h-dvh flex-col">
      <h1 className="sr-only">{t`Chat of ${stream?.display_name ?? username}`}</h1>
      {stream && <ChatPanel channel={stream} alone />}
    </main>
  );
}
