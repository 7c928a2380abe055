/** The search for channels, on every page; a link to it where the bar is too narrow. */
import { t } from "@lingui/core/macro";
import { Search } from "lucide-react";
import { type FormEvent, useEffect, useState } from "react";
import { Link, useLocation, useNavigate } from "react-router";

/** The server takes no longer one. */
const LONGEST = 100;

export function SearchForm() {
  const { pathname, search } = useLocation();
  const navigate = useNavigate();
  const asked = pathname === "/browse" ? (new URLSearchParams(search).get("q") ?? "") : "";
  const [text, setText] = useState(asked);
  useEffect(() => setText(asked), [asked]);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const q = text.trim();
    // Who types a name wants that channel, on air or not.
    void navigate(q ? `/browse?q=${encodeURIComponent(q)}&all=1` : "/browse");
  };
  return (
    <>
      <search className="w-full max-w-80 min-w-0 max-sm:hidden">
        <form onSubmit={submit} className="flex items-center rounded-sm border bg-ground">
          <input
            type="search"
            aria-label={t`Search channels`}
            placeholder={t`Search`}
            value={text}
            maxLength={LONGEST}
            data-testid="search"
            onChange={(e) => setText(e.target.value)}
            className="h-9 min-w-0 flex-1 rounded-sm bg-transparent px-3 text-sm text-text placeholder:text-quiet focus-visible:outline-offset-0"
          />
          <button
            type="submit"
            aria-label={t`Search`}
            className="inline-flex size-9 items-center justify-center rounded-sm text-quiet hover:text-text"
          >
            <Search aria-hidden className="size-4" />
          </button>
        </form>
      </search>
      <Link
        to="/browse"
        aria-label={t`Browse and search channels`}
        className="inline-flex size-9 items-center justify-center rounded-sm hover:bg-hover sm:hidden"
      >
        <Search aria-hidden className="size-5" />
      </Link>
    </>
  );
}
