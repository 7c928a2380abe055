/**
 * A button that opens a menu: arrow keys, Home, End and first letters move in it, Escape and Tab close it, and the focus goes back to
 * the button. The menu is in the page's top corner of z, or in `container` (in full screen what is outside would be invisible), and opens
 * to the side that has room.
 */
import { Check } from "lucide-react";
import {
  type ButtonHTMLAttributes,
  type ReactNode,
  useCallback,
  useEffect,
  useId,
  useLayoutEffect,
  useRef,
  useState,
} from "react";
import { createPortal } from "react-dom";
import { grouped } from "./menu-groups";

export interface MenuItem {
  key: string;
  label: ReactNode;
  /** For first letters, when the label is more than a text. */
  text?: string;
  icon?: ReactNode;
  /** Set on choices of one kind; the chosen one is true. */
  checked?: boolean;
  danger?: boolean;
  /** A line above it. */
  divided?: boolean;
  /** Words above it, of the choices that begin here. */
  heading?: string;
  testId?: string;
  onSelect: () => void;
}

/** Before each of the choices of one kind: a sign for the chosen one, and as much room for the others. */
export function Tick({ shown }: { shown: boolean }) {
  return <span className="inline-flex size-4">{shown && <Check aria-hidden className="size-4" />}</span>;
}

/** Pixels between button and menu, and between menu and window. */
const GAP = 6;

const LOOKS = {
  page: {
    menu: "border bg-raised text-text",
    item: "hover:bg-hover focus:bg-hover",
  },
  picture: {
    menu: "border border-white/15 bg-black text-white",
    item: "hover:bg-white/15 focus:bg-white/15",
  },
};

export function MenuButton({
  items,
  head,
  label,
  menuLabel,
  side = "bottom",
  container,
  look = "page",
  onOpenChange,
  children,
  ...rest
}: Omit<ButtonHTMLAttributes<HTMLButtonElement>, "onClick"> & {
  items: MenuItem[];
  /** A line of text over the items. */
  head?: ReactNode;
  label: string;
  menuLabel?: string;
  side?: "top" | "bottom";
  container?: HTMLElement | null;
  look?: keyof typeof LOOKS;
  onOpenChange?: (open: boolean) => void;
}) {
  const button = useRef<HTMLButtonElement>(null);
  const id = useId();
  const [open, setOpen] = useState<false | "first" | "last">(false);
  const change = useCallback(
    (to: false | "first" | "last") => {
      setOpen(to);
      onOpenChange?.(to !== false);
    },
    [onOpenChange],
  );
  const close = useCallback(
    (focus: boolean) => {
      change(false);
      if (focus) button.current?.focus();
    },
    [change],
  );
  return (
    <>
      <button
        type="button"
        aria-label={label}
        {...rest}
        ref={button}
        aria-haspopup="menu"
        aria-expanded={open !== false}
        aria-controls={open ? id : undefined}
        onClick={() => change(open ? false : "first")}
        onKeyDown={(event) => {
          if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
          event.preventDefault();
          event.stopPropagation();
          change(event.key === "ArrowDown" ? "first" : "last");
        }}
      >
        {children}
      </button>
      {open &&
        createPortal(
          <Items
            id={id}
            anchor={button}
            items={items}
            head={head}
            label={menuLabel ?? label}
            side={side}
            look={look}
            start={open}
            close={close}
          />,
          container ?? document.body,
        )}
    </>
  );
}

function Items({
  id,
  anchor,
  items,
  head,
  label,
  side,
  look,
  start,
  close,
}: {
  id: string;
  anchor: { current: HTMLButtonElement | null };
  items: MenuItem[];
  head: ReactNode;
  label: string;
  side: "top" | "bottom";
  look: keyof typeof LOOKS;
  start: "first" | "last";
  close: (focus: boolean) => void;
}) {
  const menu = useRef<HTMLDivElement>(null);
  const [place, setPlace] = useState<{ left: number; top: number } | null>(null);
  const buttons = () => [...(menu.current?.querySelectorAll<HTMLElement>("[role^=menuitem]") ?? [])];

  useLayoutEffect(() => {
    const [at, own] = [anchor.current?.getBoundingClientRect(), menu.current?.getBoundingClientRect()];
    if (!at || !own) return;
    const below = at.bottom + GAP;
    const above = at.top - GAP - own.height;
    const fits = side === "top" ? above >= GAP : below + own.height <= window.innerHeight - GAP;
    const top = fits === (side === "top") ? above : below;
    setPlace({
      left: Math.max(GAP, Math.min(at.right - own.width, window.innerWidth - own.width - GAP)),
      top: Math.max(GAP, Math.min(top, window.innerHeight - own.height - GAP)),
    });
  }, [anchor, side]);

  useEffect(() => {
    if (!place) return;
    const all = [...(menu.current?.querySelectorAll<HTMLElement>("[role^=menuitem]") ?? [])];
    // In a menu that begins with choices; elsewhere it would skip what stands before them.
    const chosen = all[0]?.ariaChecked ? all.find((item) => item.ariaChecked === "true") : undefined;
    (start === "last" ? all.at(-1) : (chosen ?? all[0]))?.focus();
  }, [place, start]);

  useEffect(() => {
    const outside = (event: PointerEvent) => {
      const target = event.target as Node;
      if (!menu.current?.contains(target) && !anchor.current?.contains(target)) close(false);
    };
    const away = () => close(false);
    document.addEventListener("pointerdown", outside);
    window.addEventListener("resize", away);
    return () => {
      document.removeEventListener("pointerdown", outside);
      window.removeEventListener("resize", away);
    };
  }, [anchor, close]);

  const onKeyDown = (event: React.KeyboardEvent) => {
    const all = buttons();
    const at = all.indexOf(document.activeElement as HTMLElement);
    const go = (to: number) => {
      event.preventDefault();
      all.at(to % all.length)?.focus();
    };
    // Keys of the page behind (the player's, the list's) are not meant.
    event.stopPropagation();
    if (event.key === "ArrowDown") go(at + 1);
    else if (event.key === "ArrowUp") go(at - 1);
    else if (event.key === "Home") go(0);
    else if (event.key === "End") go(-1);
    else if (event.key === "Escape" || event.key === "Tab") {
      event.preventDefault();
      close(true);
    } else if (event.key.length === 1 && event.key !== " ") {
      const letter = event.key.toLowerCase();
      const after = [...all.slice(at + 1), ...all.slice(0, at + 1)];
      after.find((item) => (item.dataset.text ?? "").toLowerCase().startsWith(letter))?.focus();
    }
  };

  return (
    <div
      ref={menu}
      id={id}
      role="menu"
      aria-label={label}
      tabIndex={-1}
      onKeyDown={onKeyDown}
      style={place ?? { visibility: "hidden", left: 0, top: 0 }}
      className={`fixed z-50 max-h-[80vh] max-w-[min(22rem,calc(100vw-0.75rem))] min-w-44 overflow-y-auto rounded-md p-1 ${LOOKS[look].menu}`}
    >
      {head && <div className="mx-3 my-2 line-clamp-2 text-xs text-quiet wrap-anywhere">{head}</div>}
      {grouped(items).map((group) => {
        const [{ key, divided, heading }] = group;
        return (
          <div key={key} {...(heading ? { role: "group", "aria-label": heading } : { role: "none" })}>
            {divided && <hr className="my-1 border-t" />}
            {heading && (
              <div aria-hidden className="px-3 pt-2 pb-1 text-xs font-semibold opacity-75">
                {heading}
              </div>
            )}
            {group.map((item) => (
              <button
                key={item.key}
                type="button"
                role={item.checked === undefined ? "menuitem" : "menuitemradio"}
                {...(item.checked === undefined ? {} : { "aria-checked": item.checked })}
                tabIndex={-1}
                data-testid={item.testId}
                data-text={item.text ?? (typeof item.label === "string" ? item.label : "")}
                onClick={() => {
                  close(true);
                  item.onSelect();
                }}
                className={`flex h-9 w-full items-center gap-2 rounded-sm px-3 text-left text-sm whitespace-nowrap outline-none ${LOOKS[look].item} ${item.danger ? "text-bad" : ""}`}
              >
                {item.icon}
                {item.label}
              </button>
            ))}
          </div>
        );
      })}
    </div>
  );
}
