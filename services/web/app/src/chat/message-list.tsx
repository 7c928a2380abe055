/**
 * The lines of the chat. One stop for the keyboard: the arrows go from line to line, Tab from the line to its actions. A screen reader
 * hears a summary (`spoken`) instead of every line.
 */
import { plural, t } from "@lingui/core/macro";
import { ArrowDown } from "lucide-react";
import {
  type FocusEvent,
  type KeyboardEvent,
  useEffect,
  useImperativeHandle,
  useMemo,
  useRef,
  useState,
} from "react";
import { Button } from "../ui/button";
import { count } from "../ui/figures";
import type { ChatConnection, ChatSnapshot } from "./connection";
import { withoutHidden } from "./hidden";
import { Row } from "./line";
import type { Line, Log } from "./log";
import { PendingRow } from "./pending-line";
import { Spoken } from "./spoken-region";
import { useScroll } from "./use-scroll";

/** So long a line that one was led to is marked, milliseconds. */
const SHOWN_MS = 2_000;

/** A mouse that has not moved for so long points at nothing, milliseconds. */
const REST_MS = 8_000;

export interface ListHandle {
  jump: (id: string) => boolean;
  focus: () => void;
}

export function MessageList({
  snapshot,
  chat,
  hidden,
  onEdit,
  onEscape,
  ref,
}: {
  snapshot: ChatSnapshot;
  chat: ChatConnection | null;
  /** Ids of people whose messages this reader does not want. */
  hidden: ReadonlySet<string>;
  onEdit: (text: string) => void;
  /** Back to the input. */
  onEscape: () => void;
  ref: React.Ref<ListHandle>;
}) {
  const box = useRef<HTMLDivElement>(null);
  const paused = snapshot.held !== null;
  const all = (snapshot.held ?? snapshot.log).lines;
  const lines = useMemo(() => withoutHidden(all, hidden), [all, hidden]);
  // News are read aloud also while the list stands still.
  const news = snapshot.log.lines;
  const heard = useMemo(() => withoutHidden(news, hidden), [news, hidden]);
  const { stretch, away, onScroll, pause, follow, jump, standStill } = useScroll(box, chat, {
    length: lines.length,
    paused,
  });
  const [pointed, setPointed] = useState<string | null>(null);
  const [focused, setFocused] = useState<string | null>(null);
  const [led, setLed] = useState<string | null>(null);
  const [menuOf, setMenuOf] = useState<string | null>(null);
  const touched = useRef(false);
  /** What has the focus, or had it until it left the page. */
  const hadFocus = useRef<Element | null>(null);
  const rest = useRef<{ x: number; y: number; timer?: ReturnType<typeof setTimeout> }>({ x: -1, y: -1 });
  const active = menuOf ?? focused ?? pointed;
  const unread = useUnread(snapshot.log, heard, paused);
  const atEnd = !paused || stretch.to >= lines.length;

  useImperativeHandle(ref, () => ({
    jump: (id) => {
      const there = jump(id, lines);
      if (there) {
        setLed(id);
        setTimeout(() => setLed((now) => (now === id ? null : now)), SHOWN_MS);
      }
      return there;
    },
    focus: () => box.current?.focus(),
  }));

  // What had the focus is gone: a deleted line's actions, or the line itself. Its line has it then, else the list.
  useEffect(() => {
    if (focused && !lines.some((l) => l.id === focused)) setFocused(null);
    const had = hadFocus.current;
    if (!had || had.isConnected || document.activeElement !== document.body) return;
    hadFocus.current = null;
    const row = focused && box.current?.querySelector<HTMLElement>(`li[data-id="${CSS.escape(focused)}"]`);
    (row || box.current)?.focus({ preventScroll: true });
  });

  // The actions that it stood still for are gone from under the pointer.
  useEffect(() => {
    if (focused || menuOf || touched.current) return;
    if (!box.current?.querySelector("[data-line-actions]:hover")) standStill(false);
  });

  useEffect(() => () => clearTimeout(rest.current.timer), []);

  // From a menu or dialog of a line the focus may go elsewhere than back.
  useEffect(() => {
    const moved = ({ target }: globalThis.FocusEvent) => {
      if (!(target instanceof Element) || box.current?.contains(target)) return;
      if (target.closest("[role=menu], dialog")) return;
      setFocused(null);
      if (!touched.current) standStill(false);
    };
    document.addEventListener("focusin", moved);
    return () => document.removeEventListener("focusin", moved);
  }, [standStill]);

  // A tap elsewhere puts a tapped line's actions away.
  useEffect(() => {
    const elsewhere = (event: PointerEvent) => {
      if (!touched.current || box.current?.contains(event.target as Node)) return;
      if ((event.target as Element).closest("[role=menu], dialog")) return;
      touched.current = false;
      setPointed(null);
    };
    document.addEventListener("pointerdown", elsewhere);
    return () => document.removeEventListener("pointerdown", elsewhere);
  }, []);

  const step = (event: KeyboardEvent) => {
    const rows = [...(box.current?.querySelectorAll<HTMLElement>("li[data-id]") ?? [])];
    const at = rows.findIndex((row) => row.contains(document.activeElement));
    const to = (row: HTMLElement | undefined) => {
      event.preventDefault();
      event.stopPropagation();
      pause();
      row?.focus();
      row?.scrollIntoView({ block: "nearest" });
    };
    switch (event.key) {
      case "ArrowUp":
        return to(at < 0 ? rows.at(-1) : rows[Math.max(0, at - 1)]);
      case "ArrowDown":
        if (at === rows.length - 1 && atEnd) {
          event.preventDefault();
          event.stopPropagation();
          follow();
          onEscape();
          return;
        }
        return to(at < 0 ? rows.at(-1) : rows[at + 1]);
      case "Home":
        return to(rows[0]);
      case "End":
        event.preventDefault();
        event.stopPropagation();
        box.current?.focus();
        return follow();
      case "PageUp":
        return pause();
      case "Escape":
        event.stopPropagation();
        follow();
        return onEscape();
    }
  };

  const onFocus = (event: FocusEvent) => {
    const target = event.target as HTMLElement;
    hadFocus.current = target;
    // A click focuses as well; for that the pointer counts.
    if (!target.matches(":focus-visible")) {
      setFocused(null);
      return;
    }
    const id = rowOf(target);
    setFocused(id);
    if (id) standStill(true);
  };
  const onBlur = (event: FocusEvent) => {
    const to = event.relatedTarget as Node | null;
    // A menu of the line hangs elsewhere in the page; the focus comes back from there.
    if (to instanceof Element && (box.current?.contains(to) || to.closest("[role=menu], dialog"))) return;
    const left = event.target;
    // An element that leaves the page is blurred first.
    setTimeout(() => {
      if (hadFocus.current === left && left.isConnected) hadFocus.current = null;
    });
    setFocused(null);
    if (!touched.current) standStill(false);
  };
  const leave = () => {
    clearTimeout(rest.current.timer);
    setPointed(null);
    if (!focused && !menuOf) standStill(false);
  };
  // Lines that move under a mouse that rests are not pointed at.
  const onMove = ({ pointerType, clientX: x, clientY: y, target }: React.PointerEvent) => {
    const { current } = rest;
    if (pointerType !== "mouse" || (current.x === x && current.y === y)) return;
    clearTimeout(current.timer);
    rest.current = { x, y, timer: setTimeout(leave, REST_MS) };
    setPointed(rowOf(target as Element));
    if ((target as Element).closest("[data-line-actions]")) standStill(true);
    else if (!focused && !menuOf) standStill(false);
  };
  const onTap = (event: globalThis.PointerEvent) => {
    if (event.pointerType === "mouse") return;
    const id = rowOf(event.target as HTMLElement);
    touched.current = id !== null;
    setPointed(id);
    standStill(id !== null);
  };

  const empty = lines.length === 0 && snapshot.log.pending.length === 0;
  return (
    <div className="relative min-h-0 flex-1">
      <Spoken lines={heard} me={snapshot.user} open={snapshot.status === "open"} />
      <div
        ref={box}
        role="log"
        aria-label={t`Messages`}
        aria-live="off"
        data-testid="chat-list"
        data-paused={paused || undefined}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a list that scrolls must be reachable by keyboard
        tabIndex={0}
        onScroll={onScroll}
        onWheel={(event) => event.deltaY < 0 && canScroll(box.current) && pause()}
        onTouchMove={() => canScroll(box.current) && pause()}
        onKeyDown={step}
        onFocus={onFocus}
        onBlur={onBlur}
        onPointerMove={onMove}
        onPointerLeave={(event) => event.pointerType === "mouse" && leave()}
        onClick={(event) => onTap(event.nativeEvent as globalThis.PointerEvent)}
        className="absolute inset-0 overflow-y-auto overscroll-contain pt-5 pb-2 [overflow-anchor:none] focus-visible:outline-offset-[-2px]"
      >
        <ul className="flex min-h-full flex-col justify-end">
          {lines.slice(stretch.from, stretch.to).map((line: Line) => (
            <Row
              key={line.id}
              line={line}
              active={active === line.id}
              shown={led === line.id}
              onMenu={setMenuOf}
            />
          ))}
          {atEnd &&
            snapshot.log.pending.map((message) => (
              <PendingRow
                key={message.nonce}
                message={message}
                chat={chat}
                user={snapshot.user}
                onEdit={onEdit}
              />
            ))}
        </ul>
        {empty && (
          <p className="absolute inset-x-0 bottom-2 px-4 text-sm text-quiet">
            {snapshot.status === "open"
              ? t`Nobody has said anything yet. Say hello.`
              : t`Connecting to chat…`}
          </p>
        )}
      </div>
      {(away || unread > 0) && (
        <Button
          data-testid="chat-resume"
          className="absolute bottom-3 left-1/2 -translate-x-1/2 !bg-action-strong font-medium whitespace-nowrap !text-on-action shadow-lg"
          onClick={() => {
            box.current?.focus({ preventScroll: true });
            setFocused(null);
            follow();
          }}
        >
          <ArrowDown aria-hidden className="size-4" />
          <span className="figures">
            {unread > 0
              ? plural(unread, {
                  one: `${count(unread)} new message`,
                  other: `${count(unread)} new messages`,
                })
              : t`Newest messages`}
          </span>
        </Button>
      )}
    </div>
  );
}

const rowOf = (target: Element) => target.closest<HTMLElement>("li[data-id]")?.dataset.id ?? null;

function canScroll(list: HTMLElement | null): boolean {
  return list !== null && list.scrollHeight > list.clientHeight;
}

/** Lines that came since the list stands still, without those that the reader does not want. */
function useUnread({ came, lines }: Log, heard: readonly Line[], paused: boolean): number {
  const [since, setSince] = useState({ came, last: "" });
  useEffect(() => {
    if (!paused) setSince({ came, last: lines.at(-1)?.id ?? "" });
  }, [came, lines, paused]);
  if (!paused) return 0;
  const after = (some: readonly Line[]) => some.filter((line) => line.id > since.last).length;
  const unwanted = heard === lines ? 0 : after(lines) - after(heard);
  return Math.max(0, came - since.came - unwanted);
}
