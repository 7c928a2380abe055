/** What went wrong in people's browsers: equal errors once, with where and how often, until somebody has dealt with them. */

import { plural, t } from "@lingui/core/macro";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type BrowserError, browserErrors, dismissError } from "../../api/admin";
import { afterwards, askAgain } from "../../api/ask-again";
import { sentence } from "../../api/problem";
import { Button } from "../../ui/button";
import { FormError } from "../../ui/field";
import { ago } from "../../ui/figures";
import { useNow } from "../../ui/use-now";
import { ROW, Section } from "../moderation/section";
import { PagesOf } from "./pages-of";

const KEY = ["own", "admin", "browser-errors"];

export function BrowserErrors() {
  const client = useQueryClient();
  const dismiss = useMutation({
    mutationFn: dismissError,
    onSettled: afterwards(() => askAgain(client, KEY)),
  });
  return (
    <Section
      title={t`Errors in browsers`}
      testId="admin-browser-errors"
      about={t`Told by the pages themselves, the newest kind first. Whose browser it was is not kept. “Dealt with” takes one off the list until it comes up again.`}
    >
      {dismiss.error && (
        <div className="px-4 pb-4 sm:px-5">
          <FormError>{sentence(dismiss.error)}</FormError>
        </div>
      )}
      <PagesOf
        queryKey={KEY}
        ask={(cursor, signal) => browserErrors(cursor, signal)}
        empty={t`No page told of an error.`}
      >
        {(item) => (
          <Row
            key={item.id}
            item={item}
            busy={dismiss.isPending && dismiss.variables === item.id}
            dismiss={() => dismiss.mutate(item.id)}
          />
        )}
      </PagesOf>
    </Section>
  );
}

function Row({ item, busy, dismiss }: { item: BrowserError; busy: boolean; dismiss: () => void }) {
  const now = useNow(30_000);
  const { count, page } = item;
  const [first, last] = [ago(item.first_at, now), ago(item.last_at, now)];
  return (
    <li className={ROW} data-testid="browser-error-row">
      <div className="min-w-0 flex-1 basis-64 wrap-anywhere">
        <bdi className="font-semibold">{item.message}</bdi>
        <p className="text-xs text-quiet">
          {plural(count, {
            one: `Once, ${last}, on ${page}.`,
            other: `# times: first ${first} on ${page}, last ${last}.`,
          })}
        </p>
        <details className="pt-1 text-xs text-quiet">
          <summary className="cursor-pointer">{t`Where it came from`}</summary>
          <pre className="overflow-x-auto py-2 whitespace-pre-wrap" dir="ltr">
            {item.stack || t`The page could not say.`}
          </pre>
          <p>{item.browser}</p>
        </details>
      </div>
      <Button busy={busy} data-testid="browser-error-done" onClick={dismiss}>
        {t`Dealt with`}
      </Button>
    </li>
  );
}
