/** Everything that can be found: categories, and channels under a search and filters. */
import { t } from "@lingui/core/macro";
import { Link } from "react-router";
import type { Category } from "../../api/channels";
import { categoryName } from "../../language/category-name";
import { Button } from "../../ui/button";
import { viewers } from "../../ui/figures";
import { Message } from "../../ui/message";
import { useTitle } from "../../ui/use-title";
import { byName } from "./by-name";
import { CategoryCover } from "./category-cover";
import { ChannelGrid } from "./channel-grid";
import { Filters, useFilter } from "./filters";
import { useCategories } from "./use-categories";

export function Browse() {
  useTitle(t`Browse`);
  const [wanted, change] = useFilter();
  const list = useCategories();
  const narrowed = Boolean(wanted.q || wanted.category || wanted.tag || wanted.language);
  return (
    <div className="mx-auto w-full max-w-[1760px] px-4 py-6 sm:px-6">
      <h1 className="pb-4 text-xl font-semibold tracking-tight wrap-anywhere">
        {wanted.q ? t`Channels for “${wanted.q}”` : t`Browse`}
      </h1>
      <Filters wanted={wanted} change={change} categories={list.data?.items ?? []} />
      <ChannelGrid
        wanted={wanted}
        none={
          <Message
            title={noneOf(wanted.live ?? false, narrowed)}
            level="h2"
            testId="browse-none"
            action={
              wanted.live ? (
                <Button weight="primary" data-testid="browse-all" onClick={() => change({ all: "1" })}>
                  {t`Look among all channels`}
                </Button>
              ) : undefined
            }
          >
            {narrowed
              ? t`Fewer filters or another spelling find more.`
              : t`As soon as somebody starts, they appear here.`}
          </Message>
        }
      />
      {!narrowed && list.data && (
        <section aria-labelledby="categories" className="pt-10">
          <h2 id="categories" className="pb-4 text-lg font-semibold">
            {t`Categories`}
          </h2>
          <ul
            data-testid="category-list"
            className="grid grid-cols-[repeat(auto-fill,minmax(9.5rem,1fr))] gap-x-4 gap-y-6"
          >
            {byName(list.data.items).map((category) => (
              <li key={category.slug}>
                <CategoryCard category={category} />
              </li>
            ))}
          </ul>
        </section>
      )}
    </div>
  );
}

function noneOf(live: boolean, narrowed: boolean): string {
  if (!narrowed) return live ? t`Nobody is live right now` : t`There is no channel yet`;
  return live ? t`Nobody like that is live right now` : t`No channel like that`;
}

function CategoryCard({ category }: { category: Category }) {
  return (
    <Link
      to={`/category/${category.slug}`}
      data-testid={`category-${category.slug}`}
      className="group block rounded-md"
    >
      <span className="block aspect-[4/3] overflow-hidden rounded-md border">
        <CategoryCover category={category} />
      </span>
      <span className="mt-2 line-clamp-2 text-sm font-medium wrap-anywhere group-hover:text-action">
        {categoryName(category.name)}
      </span>
      <span className="figures block text-xs text-quiet">
        {category.live_channels > 0 ? viewers(category.viewers) : t`Nobody live`}
      </span>
    </Link>
  );
}
