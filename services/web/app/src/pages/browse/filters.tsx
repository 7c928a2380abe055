/** What of the channels is shown; all of it is in the address, so that it can be sent to somebody. */
import { t } from "@lingui/core/macro";
import { X } from "lucide-react";
import { type FormEvent, useEffect, useState } from "react";
import { useSearchParams } from "react-router";
import type { Category, Wanted } from "../../api/channels";
import { categoryName } from "../../language/category-name";
import { Button } from "../../ui/button";
import { inputLook } from "../../ui/field";
import { languageList } from "../../ui/languages";
import { Select } from "../../ui/select";
import { byName } from "./by-name";

/** The filter that an address says. */
export function useFilter(): [Wanted, (change: Record<string, string>) => void] {
  const [params, setParams] = useSearchParams();
  const wanted: Wanted = { live: params.get("all") !== "1" };
  for (const name of ["q", "category", "tag", "language"] as const) {
    const value = params.get(name)?.trim().slice(0, 100);
    if (value) wanted[name] = value;
  }
  const change = (changes: Record<string, string>) => {
    const next = new URLSearchParams(params);
    for (const [name, value] of Object.entries(changes)) {
      if (value) next.set(name, value);
      else next.delete(name);
    }
    setParams(next);
  };
  return [wanted, change];
}

export function Filters({
  wanted,
  change,
  categories,
}: {
  wanted: Wanted;
  change: (change: Record<string, string>) => void;
  /** Left out where the page is about one. */
  categories?: Category[] | undefined;
}) {
  const [text, setText] = useState(wanted.q ?? "");
  useEffect(() => setText(wanted.q ?? ""), [wanted.q]);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    change({ q: text.trim() });
  };
  return (
    <div className="flex flex-wrap items-end gap-3 pb-6">
      <form onSubmit={submit} className="flex min-w-0 flex-1 basis-56 gap-2 sm:max-w-80">
        <input
          type="search"
          aria-label={t`Search these channels`}
          placeholder={t`Name, title or tag`}
          value={text}
          maxLength={100}
          data-testid="browse-search"
          onChange={(e) => setText(e.target.value)}
          className={inputLook}
        />
        <Button type="submit" className="!h-10" data-testid="browse-search-submit">
          {t`Search`}
        </Button>
      </form>
      {categories && (
        <div className="w-44">
          <Select
            label={t`Category`}
            quiet
            value={wanted.category ?? ""}
            data-testid="filter-category"
            onChange={(e) => change({ category: e.target.value })}
          >
            <option value="">{t`All categories`}</option>
            {byName(categories).map((c) => (
              <option key={c.slug} value={c.slug}>
                {categoryName(c.name)}
              </option>
            ))}
          </Select>
        </div>
      )}
      <div className="w-40">
        <Select
          label={t`Language`}
          quiet
          value={wanted.language ?? ""}
          data-testid="filter-language"
          onChange={(e) => change({ language: e.target.value })}
        >
          <option value="">{t`All languages`}</option>
          {languageList().map(({ tag, name }) => (
            <option key={tag} value={tag}>
              {name}
            </option>
          ))}
        </Select>
      </div>
      <div className="w-36">
        <Select
          label={t`Live or all`}
          quiet
          value={wanted.live ? "" : "1"}
          data-testid="filter-live"
          onChange={(e) => change({ all: e.target.value })}
        >
          <option value="">{t`Live now`}</option>
          <option value="1">{t`All channels`}</option>
        </Select>
      </div>
      {wanted.tag && (
        <Button
          data-testid="filter-tag"
          onClick={() => change({ tag: "" })}
          className="!h-10 max-w-full !shrink !rounded-full"
        >
          <span className="truncate">{wanted.tag}</span>
          <X aria-hidden className="size-4" />
          <span className="sr-only">{t`Take this tag away`}</span>
        </Button>
      )}
    </div>
  );
}
