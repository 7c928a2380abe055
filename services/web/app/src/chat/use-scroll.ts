/**
 * The list's scrolling: it sticks to the end until the reader wants to look further up, then stays exactly where it is while lines come
 * and go around it, and follows again at the end. It also stands still while a line's actions are under the pointer or have the focus:
 * what one is about to press must not move away.
 */
import { type RefObject, useCallback, useEffect, useLayoutEffect, useRef, useState } from "react";
import type { ChatConnection } from "./connection";
import { around, down, type Stretch, tail, up } from "./window";

/** This close to the end counts as being there, pixels. */
const NEAR_END = 24;
/** This close to an end of the stretch makes it longer, pixels. */
const NEAR_STRETCH = 400;

export function useScroll(
  box: RefObject<HTMLDivElement | null>,
  chat: ChatConnection | null,
  { length, paused }: { length: number; paused: boolean },
) {
  const [stretch, setStretch] = useState<Stretch>(() => tail(length));
  const shown = paused ? stretch : tail(length);
  const anchor = useRef<{ id: string; top: number } | null>(null);
  const lastTop = useRef(0);
  /** Paused only because something is pointed at or focused. */
  const still = useRef(false);
  /** The end is out of sight. */
  const [away, setAway] = useState(false);
  const goal = useRef<string | null>(null);

  const rows = useCallback(
    () => [...(box.current?.querySelectorAll<HTMLElement>("li[data-id]") ?? [])],
    [box],
  );

  const toEnd = useCallback(() => {
    if (box.current) box.current.scrollTop = box.current.scrollHeight;
  }, [box]);

  const mark = useCallback(() => {
    const top = box.current?.getBoundingClientRect().top ?? 0;
    const row = rows().find((r) => r.getBoundingClientRect().bottom > top + 1);
    anchor.current = row ? { id: row.dataset.id ?? "", top: row.getBoundingClientRect().top - top } : null;
  }, [box, rows]);

  const size = useRef(length);
  useLayoutEffect(() => {
    size.current = length;
  });

  const pause = useCallback(() => {
    if (!chat || chat.snapshot().held) return;
    setStretch(tail(size.current));
    mark();
    chat.pause();
  }, [chat, mark]);

  const follow = useCallback(() => {
    still.current = false;
    anchor.current = null;
    setAway(false);
    chat?.resume();
  }, [chat]);

  // After every change: at the end, or with the same line at the same place.
  useLayoutEffect(() => {
    const list = box.current;
    if (!list) return;
    if (!paused) {
      toEnd();
      lastTop.current = list.scrollTop;
      return;
    }
    const wanted = goal.current;
    const id = wanted ?? anchor.current?.id;
    const row = id && list.querySelector<HTMLElement>(`li[data-id="${CSS.escape(id)}"]`);
    if (!row) return;
    const top = row.getBoundingClientRect().top - list.getBoundingClientRect().top;
    if (wanted) {
      goal.current = null;
      list.scrollTop += top - list.clientHeight / 3;
      row.focus({ preventScroll: true });
      mark();
    } else list.scrollTop += top - (anchor.current?.top ?? top);
    lastTop.current = list.scrollTop;
  });

  // Pictures that load late and a window that changes its size move the end.
  useEffect(() => {
    const list = box.current;
    if (!list) return;
    const watch = new ResizeObserver(() => {
      if (!chat?.snapshot().held) toEnd();
    });
    watch.observe(list);
    if (list.firstElementChild) watch.observe(list.firstElementChild);
    return () => watch.disconnect();
  }, [box, chat, toEnd]);

  const onScroll = () => {
    const list = box.current;
    if (!list) return;
    const left = list.scrollHeight - list.scrollTop - list.clientHeight;
    const downwards = list.scrollTop >= lastTop.current;
    const moved = list.scrollTop !== lastTop.current;
    lastTop.current = list.scrollTop;
    if (!paused) {
      if (left > NEAR_END && moved && !downwards) pause();
      return;
    }
    if (moved) still.current = false;
    setAway(left > NEAR_END);
    if (left <= NEAR_END && downwards && moved && stretch.to >= length) {
      follow();
      return;
    }
    mark();
    if (list.scrollTop < NEAR_STRETCH && stretch.from > 0) setStretch(up(stretch));
    else if (left < NEAR_STRETCH && stretch.to < length) setStretch(down(stretch, length));
  };

  /** To a line that is in the list. False when it is not. */
  const jump = useCallback(
    (id: string, lines: readonly { id: string }[]) => {
      const index = lines.findIndex((line) => line.id === id);
      if (index < 0) return false;
      pause();
      still.current = false;
      goal.current = id;
      setStretch((now) => ({ ...around(now, index, lines.length) }));
      return true;
    },
    [pause],
  );

  const standStill = useCallback(
    (wish: boolean) => {
      if (wish && !chat?.snapshot().held) {
        pause();
        still.current = true;
      } else if (!wish && still.current) follow();
    },
    [chat, pause, follow],
  );

  return { stretch: shown, away: paused && away, onScroll, pause, follow, jump, standStill };
}
