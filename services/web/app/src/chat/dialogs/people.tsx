/** Who is in the room, a page at a time: the server answers when asked and pushes no list. */
import { t } from "@lingui/core/macro";
import { useEffect, useState } from "react";
import { Button } from "../../ui/button";
import { count } from "../../ui/figures";
import type { ChatConnection } from "../connection";
import type { Asked } from "../deeds";
import type { ChatUser } from "../frames";
import { Name } from "../text";

/** After that long without an answer there is none. */
const PATIENCE_MS = 5_000;

export function People({
  chat,
  count: sockets,
  ask,
}: {
  chat: ChatConnection | null;
  /** Open windows of the room, of people without an account too. */
  count: number;
  ask: (what: Asked) => void;
}) {
  const [people, setPeople] = useState<ChatUser[] | null>(null);
  const [next, setNext] = useState<string | null>(null);
  const [total, setTotal] = useState(0);
  const [silent, setSilent] = useState(false);
  useEffect(() => {
    if (!chat) return;
    const timer = setTimeout(() => setSilent(true), PATIENCE_MS);
    const off = chat.listen((frame) => {
      if (frame.type !== "roster") return;
      clearTimeout(timer);
      setPeople((known) => {
        const ids = new Set((known ?? []).map((p) => p.id));
        return [...(known ?? []), ...frame.people.filter((p) => !ids.has(p.id))];
      });
      setNext(frame.next ?? null);
      setTotal(frame.total);
    });
    chat.askRoster();
    return () => {
      clearTimeout(timer);
      off();
    };
  }, [chat]);
  if (!people) {
    return (
      <p role="status" className="text-sm text-quiet">
        {silent ? t`The list did not come. Close this and try again.` : t`Asking…`}
      </p>
    );
  }
  return (
    <div className="flex flex-col gap-3">
      <p className="figures text-sm text-quiet">
        {sockets > total
          ? t`${count(total)} signed in, ${count(sockets)} windows in all.`
          : t`${count(total)} signed in.`}
      </p>
      <ul className="flex flex-col">
        {people.map((user) => (
          <li key={user.id}>
            <button
              type="button"
              className="flex h-9 w-full items-center rounded-sm px-2 text-left text-sm hover:bg-hover"
              onClick={() => ask({ kind: "card", user })}
            >
              <Name user={user} />
            </button>
          </li>
        ))}
      </ul>
      {people.length === 0 && <p className="text-sm text-quiet">{t`Nobody with an account.`}</p>}
      {next && <Button onClick={() => chat?.askRoster(next)}>{t`More`}</Button>}
    </div>
  );
}
