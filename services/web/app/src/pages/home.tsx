/** Who is live, busiest first, kept true by push. */
import { t } from "@lingui/core/macro";
import { Suspense, useEffect } from "react";
import { Link } from "react-router";
import { sentence } from "../api/problem";
import { useSession } from "../auth/use-session";
import { language } from "../language/language";
import { lazily } from "../language/lazily";
import { useDirectory } from "../live/use-live";
import { Button, buttonLook } from "../ui/button";
import { CARD_GRID, CardSkeletons } from "../ui/card-grid";
import { Message } from "../ui/message";
import { SlowWords } from "../ui/slow-words";
import { StreamCard } from "../ui/stream-card";
import { useTitle } from "../ui/use-title";

/** Cards that are within sight before anybody scrolls. */
const SEEN_FIRST = 4;

/** Only who is signed in follows. */
const FollowedShelf = lazily(async () => (await import("../frame/followed")).FollowedShelf, ["rest"]);

export function Home() {
  useTitle("");
  useEffect(() => void language.add(["categories"]), []);
  const { data, error, refetch } = useDirectory({ stills: true });
  const session = useSession();
  const shelf = session.status === "in" && (
    <Suspense>
      <FollowedShelf />
    </Suspense>
  );
  if (error && !data) {
    return (
      <Message
        title={t`The list of channels did not load`}
        testId="home-error"
        action={
          <Button weight="primary" onClick={() => void refetch()}>
            {t`Try again`}
          </Button>
        }
      >
        {sentence(error)}
      </Message>
    );
  }
  if (data?.length === 0) {
    return (
      <div className="w-full px-4 pb-6 sm:px-6">
        <Message
          title={t`Nobody is live right now. Be the first.`}
          testId="home-empty"
          action={
            <Link to={session.status === "in" ? "/dashboard" : "/register"} className={buttonLook("primary")}>
              {session.status === "in" ? t`Go live` : t`Register and go live`}
            </Link>
          }
        >
          {t`All it takes is OBS, or anything else that speaks RTMP. As soon as somebody starts, they appear here.`}{" "}
          <Link to="/guide/obs" data-testid="home-guide" className="text-action underline">
            {t`How to go live with OBS`}
          </Link>
        </Message>
        {shelf}
      </div>
    );
  }
  return (
    <div className="mx-auto w-full max-w-[1760px] px-4 py-6 sm:px-6">
      <div className="flex items-baseline gap-4 pb-4">
        <h1 className="text-xl font-semibold tracking-tight">{t`Live now`}</h1>
        <Link to="/browse" data-testid="home-browse" className="text-sm text-quiet hover:underline">
          {t`Categories and all channels`}
        </Link>
      </div>
      <ul className={CARD_GRID} data-testid="home-list">
        {data ? (
          data.map((stream, place) => (
            <li key={stream.id}>
              <StreamCard stream={stream} early={place < SEEN_FIRST} />
            </li>
          ))
        ) : (
          <CardSkeletons />
        )}
      </ul>
      {!data && <SlowWords className="pt-4 text-sm text-quiet" />}
      {shelf}
    </div>
  );
}
