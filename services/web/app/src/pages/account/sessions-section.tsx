/** Where one is signed in: device, network and last use, with a button that ends it. */
import { t } from "@lingui/core/macro";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type AccountSession, accountSessions, endOtherSessions, endSession } from "../../api/account";
import { sentence } from "../../api/problem";
import { session } from "../../auth/session";
import { Button } from "../../ui/button";
import { FormError } from "../../ui/field";
import { ago } from "../../ui/figures";
import { useNow } from "../../ui/use-now";
import { ROW, Rows, Section } from "../moderation/section";

const KEY = ["own", "sessions"];

export function SessionsSection() {
  const client = useQueryClient();
  const list = useQuery({ queryKey: KEY, queryFn: ({ signal }) => accountSessions(signal), staleTime: 0 });
  const after = async () => {
    // Ending a session voids the access tokens that are out, this one's too.
    await session.renew();
    await client.invalidateQueries({ queryKey: KEY });
  };
  const one = useMutation({ mutationFn: endSession, onSuccess: after });
  const others = useMutation({ mutationFn: endOtherSessions, onSuccess: after });
  const more = (list.data?.items.length ?? 0) > 1;
  const error = one.error ?? others.error;
  return (
    <Section
      title={t`Where you are signed in`}
      testId="account-sessions"
      action={
        more && (
          <Button busy={others.isPending} data-testid="end-others" onClick={() => others.mutate()}>
            {t`Sign out everywhere else`}
          </Button>
        )
      }
    >
      {error && (
        <div className="px-4 pb-4 sm:px-5">
          <FormError>{sentence(error)}</FormError>
        </div>
      )}
      <Rows query={list} empty={t`Nowhere.`}>
        {(item) => (
          <Row
            key={item.id}
            item={item}
            busy={one.isPending && one.variables === item.id}
            end={() => one.mutate(item.id)}
          />
        )}
      </Rows>
    </Section>
  );
}

function Row({ item, busy, end }: { item: AccountSession; busy: boolean; end: () => void }) {
  const now = useNow(30_000);
  const [used, began] = [ago(item.last_used_at, now), ago(item.created_at, now)];
  return (
    <li className={ROW} data-testid="session-row">
      <span className="min-w-0 flex-1 basis-44 wrap-anywhere">
        <span className="font-semibold">{deviceWords(item.device)}</span>
        {item.current && <span className="text-quiet"> {t`(this one)`}</span>}
        <span className="block text-xs text-quiet">
          {item.ip ?? t`Unknown address`}. {t`Last used ${used}, signed in ${began}`}
        </span>
      </span>
      {!item.current && (
        <Button busy={busy} data-testid="end-session" onClick={end}>
          {t`Sign out`}
        </Button>
      )}
    </li>
  );
}

/** "Firefox on Linux", as the server reads it from the browser's own name. */
function deviceWords(device: string): string {
  const [, browser, system] = /^(.+) on (.+)$/.exec(device) ?? [];
  return browser && system ? t`${browser} on ${system}` : device;
}
