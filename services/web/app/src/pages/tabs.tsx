/** The parts of a page, one shown at a time, or pages that belong together; each has an address of its own. */

import type { MessageDescriptor } from "@lingui/core";
import { useEffect, useRef } from "react";
import { Link } from "react-router";
import { say } from "../language/say";

export function Tabs<T extends { key: string; name: MessageDescriptor; to?: string }>({
  label,
  tabs,
  current,
  param = "tab",
}: {
  label: string;
  tabs: T[];
  current: T | undefined;
  /** What the address calls it, of those that say no `to` of their own. */
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
        {tabs.map((tab) => (
          <li key={tab.key}>
            <Link
              to={tab.to ?? `?${param}=${tab.key}`}
              aria-current={tab === current ? "page" : undefined}
              data-testid={`tab-${tab.key}`}
              className={`-mb-px flex h-10 items-center border-b-2 px-3 text-sm font-medium hover:text-text focus-visible:outline-offset-[-2px] ${tab === current ? "border-action text-text" : "border-transparent text-quiet"}`}
            >
              {say(tab.name)}
            </Link>
          </li>
        ))}
      </ul>
    </nav>
  );
}
