/** Binds a `ChatConnection` to a room for as long as the component lives, and keeps it signed in as the tab is. */
import { useEffect, useRef, useState, useSyncExternalStore } from "react";
import { session } from "../auth/session";
import { useSession } from "../auth/use-session";
import { ChatConnection, type ChatSnapshot } from "./connection";
import { EMPTY } from "./log";

const IDLE: ChatSnapshot = {
  status: "connecting",
  user: null,
  log: EMPTY,
  notice: null,
  banned: false,
  writeAfter: 0,
};

export function useChat(room: string, onStream?: (state: string, viewers: number | undefined) => void) {
  const { status } = useSession();
  const [chat, setChat] = useState<ChatConnection | null>(null);
  const told = useRef(onStream);
  useEffect(() => {
    told.current = onStream;
  });
  // The first connection waits for the answer to "who am I", so as not to connect twice.
  const ready = status !== "unknown";

  useEffect(() => {
    if (!ready) return;
    const made = new ChatConnection({
      room,
      url: `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/ws`,
      token: session.token,
      renew: () => session.renew(),
      onStream: (state, viewers) => told.current?.(state, viewers),
    });
    setChat(made);
    const offSession = session.subscribe(() => made.tokenChanged());
    const online = () => made.nudge();
    window.addEventListener("online", online);
    return () => {
      offSession();
      window.removeEventListener("online", online);
      made.close();
      setChat(null);
    };
  }, [room, ready]);

  const snapshot = useSyncExternalStore(chat?.subscribe ?? never, chat?.snapshot ?? idle);
  return { chat, snapshot };
}

const never = () => () => {};
const idle = () => IDLE;
