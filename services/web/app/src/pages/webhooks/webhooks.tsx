/** Webhooks of one's own channel: addresses that are told what happens there, each with a log of what was sent. */
import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { Link, Navigate } from "react-router";
import { Problem, sentence } from "../../api/problem";
import { signInPath, useSession } from "../../auth/use-session";
import { buttonLook } from "../../ui/button";
import { FormError } from "../../ui/field";
import { PageSkeleton } from "../../ui/skeleton";
import { useTitle } from "../../ui/use-title";
import { ProveAgain } from "../account/prove-again";
import { Rows, Section } from "../moderation/section";
import { OpenedSecret } from "./opened-secret";
import { useWebhooks } from "./use-webhooks";
import { WebhookForm } from "./webhook-form";
import { WebhookRow } from "./webhook-row";

const NEW = { name: "", url: "", events: ["live", "ended"] };
const link = "text-action underline underline-offset-2";

export function WebhooksPage() {
  useTitle(t`Webhooks`);
  const { status } = useSession();
  if (status === "out") return <Navigate to={signInPath("/dashboard/webhooks")} replace />;
  if (status === "unknown") return <PageSkeleton />;
  return <SignedIn />;
}

function SignedIn() {
  const all = useWebhooks();
  const creating = all.failed?.what === "create";
  const error = creating ? all.error : null;
  const fields = error instanceof Problem && error.errors.length > 0 ? error : null;
  return (
    <div className="mx-auto flex w-full max-w-3xl flex-col gap-4 px-4 py-6">
      <div className="flex flex-wrap items-center gap-3">
        <h1 className="flex-1 text-xl font-semibold tracking-tight">{t`Webhooks`}</h1>
        <Link to="/dashboard" className={buttonLook()}>
          {t`Dashboard`}
        </Link>
      </div>
      <p className="max-w-[70ch] text-sm text-quiet">
        <Trans>
          A webhook tells a program of yours what happens in your channel, by a message to its address.
          Messages are signed as{" "}
          <a href="https://www.standardwebhooks.com" target="_blank" rel="noopener" className={link}>
            Standard Webhooks
          </a>{" "}
          has it, and one that does not arrive is sent again for a day.
        </Trans>
      </p>
      <div className="flex flex-col gap-3 empty:hidden">
        {all.opened && <OpenedSecret opened={all.opened} close={all.close} />}
        {all.reauth && (
          <div data-testid="webhook-reauth" className="rounded-md border bg-raised p-4">
            <ProveAgain
              label={t`Your password, to show a secret`}
              action={t`Go on`}
              testId="webhook-reauth"
              proved={all.resume}
              cancel={all.cancelReauth}
            />
          </div>
        )}
      </div>
      <Section title={t`Add a webhook`} testId="add-webhook">
        <div className="flex flex-col gap-3 px-4 pb-4 sm:px-5">
          <WebhookForm
            key={all.made}
            draft={NEW}
            action={t`Add it`}
            testId="new-webhook"
            busy={all.busy && creating}
            problem={fields}
            save={(draft) => void all.act({ what: "create", draft }).catch(() => {})}
          />
          <FormError>{error && !fields ? sentence(error) : null}</FormError>
        </div>
      </Section>
      <Section title={t`Your webhooks`} testId="webhooks">
        <Rows query={all.list} empty={t`None yet.`}>
          {(hook) => <WebhookRow key={hook.id} hook={hook} all={all} />}
        </Rows>
      </Section>
    </div>
  );
}
