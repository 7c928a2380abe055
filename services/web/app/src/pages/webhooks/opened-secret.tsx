/** A webhook's secret, the one time that it is shown. */
import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import type { OpenWebhook } from "../../api/webhooks";
import { Button } from "../../ui/button";
import { CopyButton } from "../../ui/copy-button";

export function OpenedSecret({ opened, close }: { opened: OpenWebhook; close: () => void }) {
  return (
    <div
      role="status"
      data-testid="webhook-opened"
      className="flex flex-col gap-2 rounded-sm border border-good bg-ground p-3"
    >
      <p className="text-sm">
        <Trans>
          The secret of <bdi className="font-semibold">{opened.name}</bdi>, by which its receiver knows that a
          message is from here. It is shown this once: copy it now, and keep it as you keep a password.
        </Trans>
        {opened.overlap_until && ` ${t`The one before signs too for a day.`}`}
      </p>
      <div className="flex gap-2">
        <code
          data-testid="webhook-secret"
          className="flex h-9 min-w-0 flex-1 items-center overflow-x-auto rounded-sm border px-3 font-mono text-sm whitespace-nowrap"
        >
          {opened.secret}
        </code>
        <CopyButton text={opened.secret} label={t`Copy the secret`} testId="copy-webhook-secret" />
      </div>
      <div>
        <Button data-testid="webhook-have-it" onClick={close}>
          {t`I have it`}
        </Button>
      </div>
    </div>
  );
}
