/** The parts of a page, one shown at a time; each has an address of its own. */
import { useEffect, useRef } from "react";
import { Link } from "react-router";

export function Tabs<T extends { key: string; name: string }>({
  label,
  tabs,
  current,
  param = "tab",
}: {
  label: string;
  tabs: T[];
  current: T | undefined;
  /** What the address calls it. */
  param?: string;
}) {
  const row = useRef<HTMLElement>(null);
  // The chosen one may be beyond the edge of a narrow screen.
  useEffect(() => {
    const chosen = current && row.current?.querySelector<HTMLElement>("[aria-current]");
    if (chosen) row.current?.scrollTo({ left: chosen.offsetLeft - row.current.clientWidth / 3 });
  }, [current]);
  return (
    <nav
      ref={row}
      aria-label={label}
      className="scroll-shadow-x relative -mx-4 overflow-x-auto px-4 sm:mx-0 sm:px-0"
    >
      <ul className="flex w-max min-w-full gap-1 border-b">
        {tabs.map((t) => (
          <li key={t.key}>
            <Link
              to={`?${param}=${t.key}`}
              aria-current={t === current ? "page" : undefined}
              data-testid={`tab-${t.key}`}
              className={`-mb-px flex h-10 items-center border-b-2 px-3 text-sm font-medium hover:text-text focus-visible:outline-offset-[-2px] ${t === current ? "border-action text-text" : "border-transparent text-quiet"}`}
            >
              {t.name}
            </Link>
          </li>
        ))}
      </ul>
    </nav>
  );
}
