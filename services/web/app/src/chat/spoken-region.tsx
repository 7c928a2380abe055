/** The polite live region of the chat: every few seconds what came, as `spoken` puts it. What was there at the start is not news. */
import { useEffect, useRef, useState } from "react";
import type { ChatUser } from "./frames";
import type { Line } from "./log";
import { spoken } from "./spoken";

/** Between two announcements, milliseconds; shorter ones talk over one another. */
const EVERY_MS = 3_000;

export function Spoken({ lines, me, open }: { lines: readonly Line[]; me: ChatUser | null; open: boolean }) {
  const [text, setText] = useState("");
  const last = useRef<string | null>(null);
  const now = useRef({ lines, me });
  useEffect(() => {
    now.current = { lines, me };
    if (last.current === null && open) last.current = lines.at(-1)?.id ?? "";
  });
  useEffect(() => {
    const timer = setInterval(() => {
      const { lines, me } = now.current;
      const from = last.current;
      if (from === null || document.hidden) return;
      const fresh = lines.filter((line) => line.id > from);
      if (fresh.length === 0) return;
      last.current = fresh.at(-1)?.id ?? from;
      setText(spoken(fresh, me));
    }, EVERY_MS);
    return () => clearInterval(timer);
  }, []);
  return (
    <p aria-live="polite" data-testid="chat-spoken" className="sr-only">
      {text}
    </p>
  );
}
