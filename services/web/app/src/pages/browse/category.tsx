/** One category and its channels. An address that it had leads to the one it has. */
import { plural, t } from "@lingui/core/macro";
import { useQuery } from "@tanstack/react-query";
import { Link, Navigate, useLocation, useParams } from "react-router";
import { category as categoryOf } from "../../api/channels";
import { Problem, sentence } from "../../api/problem";
import { categoryName } from "../../language/category-name";
import { Button, buttonLook } from "../../ui/button";
import { CARD_GRID, CardSkeletons } from "../../ui/card-grid";
import { viewers } from "../../ui/figures";
import { Message } from "../../ui/message";
import { SlowWords } from "../../ui/slow-words";
import { useTitle } from "../../ui/use-title";
import { CategoryCover } from "./category-cover";
import { ChannelGrid } from "./channel-grid";
import { Filters, useFilter } from "./filters";

export function Category() {
  const { slug = "" } = useParams();
  const { search } = useLocation();
  const [wanted, change] = useFilter();
  const { data, error, refetch } = useQuery({
    queryKey: ["category", slug],
    queryFn: ({ signal }) => categoryOf(slug, signal),
    staleTime: 30_000,
    retry: (count, failure) => !(failure instanceof Problem && failure.status === 404) && count < 3,
  });
  useTitle(data ? categoryName(data.name) : t`Category`);
  if (error && !data) {
    const unknown = error instanceof Problem && error.status === 404;
    return (
      <Message
        title={unknown ? t`There is no such category` : t`This category did not load`}
        testId="category-error"
        action={
          unknown ? (
            <Link to="/browse" className={buttonLook("primary")}>
              {t`See all categories`}
            </Link>
          ) : (
            <Button weight="primary" onClick={() => void refetch()}>
              {t`Try again`}
            </Button>
          )
        }
      >
        {unknown ? null : sentence(error)}
      </Message>
    );
  }
  if (!data) return <Waits />;
  if (data.slug !== slug) return <Navigate to={`/category/${data.slug}${search}`} replace />;
  return (
    <div className="mx-auto w-full max-w-[1760px] px-4 py-6 sm:px-6">
      <header className="flex items-center gap-4 pb-6">
        <span className="block size-20 shrink-0 overflow-hidden rounded-md border">
          <CategoryCover category={data} size={36} />
        </span>
        <div className="min-w-0">
          <h1
            data-testid="category-name"
            className="line-clamp-2 text-xl font-semibold tracking-tight wrap-anywhere"
          >
            {categoryName(data.name)}
          </h1>
          <p className="figures text-sm text-quiet">
            {data.live_channels > 0
              ? plural(data.live_channels, {
                  one: `${viewers(data.viewers)} of # live channel`,
                  other: `${viewers(data.viewers)} of # live channels`,
                })
              : t`Nobody is live in it right now`}
          </p>
          {data.description && <p className="pt-1 text-sm wrap-anywhere">{data.description}</p>}
        </div>
      </header>
      <Filters wanted={wanted} change={change} />
      <ChannelGrid
        wanted={{ ...wanted, category: data.slug }}
        none={
          <Message
            title={t`Nobody to show here right now`}
            level="h2"
            testId="browse-none"
            action={
              wanted.live ? (
                <Button weight="primary" onClick={() => change({ all: "1" })}>
                  {t`Look among all channels`}
                </Button>
              ) : undefined
            }
          />
        }
      />
    </div>
  );
}

function Waits() {
  return (
    <div className="mx-auto w-full max-w-[1760px] px-4 py-6 sm:px-6" data-testid="page-waits">
      <div className="flex items-center gap-4">
        <div aria-hidden className="size-20 shrink-0 rounded-md bg-raised" />
        <h1 className="h-7 w-56 max-w-full rounded-sm bg-raised">
          <span className="sr-only">{t`A moment …`}</span>
        </h1>
      </div>
      <SlowWords className="pt-4 text-sm text-quiet" />
      <ul aria-hidden className={`${CARD_GRID} pt-6`}>
        <CardSkeletons />
      </ul>
    </div>
  );
}
