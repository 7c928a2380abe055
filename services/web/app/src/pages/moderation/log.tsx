/** Who did what, to whom, when and why; newest first, with undo where there is one. */

import { t } from "@lingui/core/macro";
import { useInfiniteQuery, useQueryClient } from "@tanstack/react-query";
import type { Person } from "../../api/chat";
import { audit, undo } from "../../api/chat";
import { sentence } from "../../api/problem";
import { actWords } from "../../chat/act-words";
import { nameOf } from "../../chat/text";
import { Button } from "../../ui/button";
import { FormError } from "../../ui/field";
import { ago, exactly } from "../../ui/figures";
import { useNow } from "../../ui/use-now";
import { NotYet, ROW, Section } from "./section";
import { useDeed } from "./use-desk";

export function Log({ room }: { room: string }) {
  const client = useQueryClient();
  const queryKey = ["desk", room, "audit"];
  const list = useInfiniteQuery({
    queryKey,
    queryFn: ({ pageParam, signal }) => audit(room, pageParam ?? undefined, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor ?? null,
    staleTime: 0,
  });
  const back = useDeed(room, ["audit", "bans", "settings"], (id: string) => undo(room, id));
  const now = useNow(30_000);
  const acts = list.data?.pages.flatMap((p) => p.items) ?? [];
  return (
    <Section
      title={t`What was done`}
      testId="desk-log"
      action={<Button onClick={() => void client.invalidateQueries({ queryKey })}>{t`Look again`}</Button>}
    >
      <FormError>{back.error ? sentence(back.error) : null}</FormError>
      <NotYet query={list} rows={3} />
      {list.data && acts.length === 0 && (
        <p className="border-t px-4 py-4 text-sm text-quiet sm:px-5">{t`Nothing yet.`}</p>
      )}
      <ol className="divide-y border-t empty:hidden">
        {acts.map((act) => (
          <li key={act.id} className={ROW} data-testid="desk-act">
            <div className="min-w-0 flex-1 wrap-anywhere">
              <bdi>{actWords(act)}</bdi>
              {act.note && <span className="block text-xs text-quiet">{t`Note: ${act.note}`}</span>}
              {act.undone_at && (
                <span className="block text-xs text-quiet">
                  {takenBack(act.undone_by, ago(act.undone_at, now))}
                </span>
              )}
            </div>
            <time dateTime={act.at} title={exactly(act.at)} className="text-xs text-quiet">
              {ago(act.at, now)}
            </time>
            {/* What failed half-way looks undone, and may be done again. */}
            {(act.undoable || (back.error && back.variables === act.id)) && (
              <Button
                className="!h-8"
                busy={back.isPending && back.variables === act.id}
                data-testid="desk-undo"
                onClick={() => back.mutate(act.id)}
              >
                {t`Undo`}
              </Button>
            )}
          </li>
        ))}
      </ol>
      {list.hasNextPage && (
        <div className="border-t p-3 text-center">
          <Button busy={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>
            {t`Earlier`}
          </Button>
        </div>
      )}
    </Section>
  );
}

function takenBack(by: Person | null | undefined, when: string): string {
  const name = by?.username && nameOf(by);
  return name ? t`Taken back by ${name}, ${when}` : t`Taken back, ${when}`;
}
