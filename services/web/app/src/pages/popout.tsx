/** The chat alone, in a window of its own. Everything of the chat works here. */
import { t } from "@lingui/core/macro";
import { useParams } from "react-router";
import { ChatPanel } from "../chat/chat-panel";
import { useStream } from "../live/use-live";
import { SlowWords } from "../ui/slow-words";
import { useTitle } from "../ui/use-title";
import { ChannelFailure } from "./failures";
import { UnattendedInObs } from "./unattended";

export function Popout() {
  return (
    <UnattendedInObs>
      <ChatAlone />
    </UnattendedInObs>
  );
}

function ChatAlone() {
  const { username = "" } = useParams();
  const { data: stream, error, refetch } = useStream(username);
  const title = t`Chat of ${stream?.display_name ?? username}`;
  useTitle(title);
  if (!stream && error) {
    return (
      <main>
        <ChannelFailure
          username={username}
          error={error}
          title={t`This chat did not load`}
          again={() => void refetch()}
        />
      </main>
    );
  }
  return (
    <main className="flex h-dvh flex-col">
      {stream ? (
        <ChatPanel channel={stream} alone />
      ) : (
        <>
          <h1 className="sr-only">{title}</h1>
          <SlowWords className="m-auto p-4 text-center text-sm text-quiet" />
        </>
      )}
    </main>
  );
}
