/** `/marker` in the line to write: sets a marker as the dashboard's button does, and says where. What was typed stays until it is set. */
import { useQueryClient } from "@tanstack/react-query";
import { useRef } from "react";
import { askAgain } from "../api/ask-again";
import { setMarker } from "../api/desk";
import type { ChatConnection } from "./connection";
import { changeDraft, draftOf } from "./draft";
import { labelRefused, marked, notMarked } from "./marker-words";

/** The label behind the command; null: the text is no such command. */
export function markerLabel(text: string): string | null {
  const typed = /^\s*\/marker(?:\s+(.*))?$/is.exec(text);
  return typed && (typed[1] ?? "").trim();
}

export function useMarker(room: string, username: string, chat: ChatConnection | null) {
  const client = useQueryClient();
  const busy = useRef(false);
  /** False: the text is for somebody else. */
  return (text: string): boolean => {
    const label = markerLabel(text);
    if (label === null || !chat) return false;
    const refused = labelRefused(label);
    if (refused) chat.tell(refused);
    else if (!busy.current) {
      busy.current = true;
      chat.tell(null);
      void setMarker(username, label)
        .then(
          (marker) => {
            chat.answer(marked(marker));
            chat.resume();
            if (draftOf(room).text === text) changeDraft(room, { text: "" });
            void askAgain(client, ["markers"]);
          },
          (error) => chat.tell(notMarked(error)),
        )
        .finally(() => {
          busy.current = false;
        });
    }
    return true;
  };
}
