/** The chat beside the desk, for parts of the desk that lead to a message in it or open somebody's card. Null where there is none. */
import { createContext, useContext } from "react";
import type { ChatHandle } from "../../chat/chat-panel";

export const BesideContext = createContext<ChatHandle | null>(null);

export const useBeside = (): ChatHandle | null => useContext(BesideContext);
