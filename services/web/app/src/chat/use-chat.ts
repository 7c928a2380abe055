/** Binds a `ChatConnection` to a room for as long as the component lives, and keeps it signed in as the tab is. */
import { useEffect, useRef, useState, useSyncExternalStore } from "react";
import { holds, ownHolds } from "../api/chat";
import { session } from "../auth/session";
import { useSession } from "../auth/use-session";
import { watchRest } from "../live/page-rest";
import { ChatConnection, NOT_YET } from "./connection";
import type { ServerFrame } from "./frames";
import { socketUrl } from "./socket-url";

export interface UseChat {
  onFrame?: ((frame: ServerFrame) => void) | undefined;
  /** Reads without an account, whoever is signed in. */
  anonymous?: boolean;
}

export function useChat(room: string, { onFrame, anonymous = false }: UseChat = {}) {
  const { status } = useSession();
  const [chat, setChat] = useState<ChatConnection | null>(null);
  const told = useRef(onFrame);
  useEffect(() => {
    told.current = onFrame;
  });
  // The first connection waits for the answer to "who am I", so as not to connect twice.
  const ready = anonymous || status !== "unknown";

  useEffect(() => {
    if (!ready) return;
    const made = new ChatConnection({
      room,
      url: socketUrl(),
      token: anonymous ? () => null : session.token,
      renew: anonymous ? async () => null : () => session.renew(),
      ...(anonymous ? {} : { holds: async (mine: boolean) => (await (mine ? ownHolds : holds)(room)).items }),
      onFrame: (frame) => told.current?.(frame),
    });
    setChat(made);
    const offSession = anonymous ? () => {} : session.subscribe(() => made.tokenChanged());
    const online = () => made.nudge();
    window.addEventListener("online", online);
    const offRest = watchRest({ rest: () => made.rest(), wake: online });
    return () => {
      offSession();
      offRest();
      window.removeEventListener("online", online);
      made.close();
      setChat(null);
    };
  }, [room, ready, anonymous]);

  const snapshot = useSyncExternalStore(chat?.subscribe ?? never, chat?.snapshot ?? notYet);
  return { chat, snapshot };
}

const never = () => () => {};
const notYet = () => NOT_YET;
