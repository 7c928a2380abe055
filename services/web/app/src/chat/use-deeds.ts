/** The deeds of a chat's lines, bound to its room: each calls the server and says in words when that fails. */
import { t } from "@lingui/core/macro";
import { type RefObject, useMemo, useRef } from "react";
import { ban, deleteMessage, pin, undo } from "../api/chat";
import { Problem, sentence } from "../api/problem";
import type { ChatConnection, ChatSnapshot } from "./connection";
import type { Asked, Deeds } from "./deeds";
import { changeDraft, draftOf } from "./draft";
import { moderates } from "./frames";
import type { ListHandle } from "./message-list";
import { nameOf } from "./text";

export function useDeedsOf({
  room,
  chat,
  snapshot,
  hidden,
  list,
  input,
  ask,
  block,
}: {
  room: string;
  chat: ChatConnection | null;
  snapshot: ChatSnapshot;
  hidden: ReadonlySet<string>;
  list: RefObject<ListHandle | null>;
  input: RefObject<HTMLTextAreaElement | null>;
  ask: (what: Asked) => void;
  block: (user: { id: string; username: string; display_name: string }) => Promise<void>;
}): Deeds {
  const now = useRef({ ask, block });
  now.current = { ask, block };
  const { user, banned } = snapshot;
  const mods = moderates(snapshot.room.roles);
  return useMemo(() => {
    const tried = async (deed: Promise<unknown>) => {
      try {
        await deed;
        return true;
      } catch (error) {
        chat?.tell(sentence(error));
        return false;
      }
    };
    return {
      room,
      me: user,
      writes: user !== null && !banned,
      moderates: mods,
      hidden,
      reply: (message) => {
        changeDraft(room, { reply: message });
        chat?.resume();
        input.current?.focus();
      },
      mention: (username) => {
        const { text } = draftOf(room);
        changeDraft(room, { text: `${text}${text && !text.endsWith(" ") ? " " : ""}@${username} ` });
        input.current?.focus();
      },
      ask: (what) => now.current.ask(what),
      jump: (id) => {
        if (!list.current?.jump(id)) chat?.tell(t`That message is further back than this page remembers.`);
      },
      remove: (message) => void tried(deleteMessage(room, message.id)),
      timeout: (who, seconds) => void tried(ban(room, who.id, { duration_s: seconds })),
      pin: (message) => void tried(pin(room, message.id)),
      block: (who) =>
        void tried(now.current.block(who)).then(
          (done) =>
            done &&
            chat?.tell(t`You do not see ${nameOf(who)} any more. /unblock ${who.username} brings them back.`),
        ),
      undo: (act) =>
        void tried(
          undo(room, act).then(
            () => chat?.undone(act),
            (error) => {
              if (isFinal(error)) chat?.undone(act);
              throw error;
            },
          ),
        ),
    };
  }, [room, chat, user, banned, mods, hidden, list, input]);
}

/** Asked again it would be answered the same: taken back already, nothing left of it, or not for this person to do. */
function isFinal(error: unknown): boolean {
  return error instanceof Problem && [403, 404, 409].includes(error.status);
}
