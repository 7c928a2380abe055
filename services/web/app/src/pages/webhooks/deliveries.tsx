/** What was sent to a webhook: each message with its attempts, what came back, and a button that sends it again. */
import { t } from "@lingui/core/macro";
import { useInfiniteQuery, useMutation, useQueryClient } from "@tanstack/react-query";
import { afterwards, askAgain } from "../../api/ask-again";
import { sentence } from "../../api/problem";
import { type Delivery, deliveries, redeliver, type Webhook } from "../../api/webhooks";
import { Button } from "../../ui/button";
import { FormError } from "../../ui/field";
import { ago, exactly } from "../../ui/figures";
import { NotLoaded } from "../../ui/not-loaded";
import { RowsSkeleton } from "../../ui/skeleton";
import { useNow } from "../../ui/use-now";
import { logKey } from "./use-webhooks";
import { attemptWords, deliveryState, eventWords, type Mood, pretty } from "./webhook-words";

/** While something is about to be sent, and otherwise. */
const SOON_MS = 1_000;
const LATER_MS = 15_000;

export const MOODS: Record<Mood, string> = {
  good: "text-good",
  warn: "text-warn",
  bad: "text-bad",
  quiet: "text-quiet",
};

/** Whether something may have happened to it a second from now. */
function isAboutTo({ state, next_at }: Delivery): boolean {
  return state === "waiting" && (next_at === null || Date.parse(next_at) < Date.now() + 2 * SOON_MS);
}

export function Deliveries({ hook }: { hook: Webhook }) {
  const log = useInfiniteQuery({
    queryKey: logKey(hook.id),
    queryFn: ({ pageParam, signal }) => deliveries(hook.id, pageParam, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.next_cursor ?? null,
    staleTime: 0,
    refetchInterval: ({ state }) =>
      state.data?.pages.some((page) => page.items.some(isAboutTo)) ? SOON_MS : LATER_MS,
  });
  const items = log.data?.pages.flatMap((page) => page.items);
  return (
    <div className="min-w-0 basis-full" data-testid="webhook-log">
      {log.error && !items && <NotLoaded error={log.error} again={log.refetch} />}
      {log.isPending && <RowsSkeleton />}
      {items?.length === 0 && (
        <p className="text-quiet">{t`Nothing was sent yet. A test shows whether it arrives.`}</p>
      )}
      {items && items.length > 0 && (
        <ul className="divide-y rounded-sm border bg-ground" aria-label={t`Log of ${hook.name}`}>
          {items.map((item) => (
            <Item key={item.id} hook={hook} item={item} />
          ))}
        </ul>
      )}
      {log.hasNextPage && (
        <div className="pt-3">
          <Button busy={log.isFetchingNextPage} onClick={() => void log.fetchNextPage()}>
            {t`Show older ones`}
          </Button>
        </div>
      )}
    </div>
  );
}

function Item({ hook, item }: { hook: Webhook; item: Delivery }) {
  const now = useNow(1_000);
  const client = useQueryClient();
  const again = useMutation({
    mutationFn: () => redeliver(hook.id, item.id),
    onSettled: afterwards(() => askAgain(client, logKey(hook.id))),
  });
  const { words, mood } = deliveryState(item, now);
  const last = item.attempts[0];
  return (
    <li data-testid="delivery" data-state={item.state} data-type={item.type}>
      <details>
        <summary className="flex cursor-pointer flex-wrap items-baseline gap-x-3 gap-y-0.5 px-3 py-2 hover:bg-hover">
          <span className="text-sm font-medium" title={item.type}>
            {eventWords(item.type)}
          </span>
          <span className={`text-sm ${MOODS[mood]}`} data-testid="delivery-state">
            {words}
          </span>
          <span className="figures ml-auto text-xs text-quiet">{ago(item.created_at, now)}</span>
          {last && last.duration_ms !== null && (
            <span className="figures basis-full text-xs text-quiet" data-testid="delivery-last">
              {attemptWords(last)}
            </span>
          )}
        </summary>
        <div className="flex flex-col gap-3 border-t px-3 py-3">
          <p className="text-xs wrap-anywhere text-quiet">
            <code className="font-mono">{item.message_id}</code>
          </p>
          {item.attempts.length > 0 && (
            <ol className="flex flex-col gap-2">
              {item.attempts.map((attempt) => (
                <li key={attempt.number} className="text-xs">
                  <span className="figures text-quiet">
                    {attempt.number}. {exactly(attempt.at)}:{" "}
                  </span>
                  {attemptWords(attempt)}
                  {attempt.answer && (
                    <pre className="mt-1 max-h-40 overflow-auto rounded-sm border p-2 font-mono whitespace-pre-wrap wrap-anywhere">
                      {attempt.answer}
                    </pre>
                  )}
                </li>
              ))}
            </ol>
          )}
          <section
            // Scrolls by itself, so it is reached by the keyboard.
            // biome-ignore lint/a11y/noNoninteractiveTabindex: WCAG 2.1.1
            tabIndex={0}
            aria-label={t`What is sent`}
            className="max-h-72 overflow-auto rounded-sm border p-2"
          >
            <pre className="font-mono text-xs" data-testid="delivery-body">
              {pretty(item.body)}
            </pre>
          </section>
          <div className="flex flex-wrap items-center gap-2">
            <Button
              busy={again.isPending}
              disabled={!hook.enabled}
              data-testid="redeliver"
              onClick={() => again.mutate()}
            >
              {t`Send it again`}
            </Button>
            {!hook.enabled && <p className="text-xs text-quiet">{t`Switch the webhook on first.`}</p>}
          </div>
          <FormError>{again.error ? sentence(again.error) : null}</FormError>
        </div>
      </details>
    </li>
  );
}
