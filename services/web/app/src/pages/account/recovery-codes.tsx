/** Recovery codes, shown once: to copy, to print, and then gone. */
import { t } from "@lingui/core/macro";
import { Button } from "../../ui/button";
import { CopyButton } from "../../ui/copy-button";
import { Dialog } from "../../ui/dialog";

export function RecoveryCodes({ codes, close }: { codes: string[]; close: () => void }) {
  return (
    <Dialog title={t`Your recovery codes`} testId="recovery-codes" onClose={close}>
      <div className="flex flex-col gap-4" data-print>
        <p className="text-sm">
          {t`Keep these where you will find them when your phone is lost. Each signs you in once, after your password. They are not shown again.`}
        </p>
        <ul className="grid grid-cols-1 gap-2 rounded-sm border bg-ground p-4 font-mono text-sm sm:grid-cols-2">
          {codes.map((code) => (
            <li key={code} data-testid="recovery-code">
              {code}
            </li>
          ))}
        </ul>
        <div className="flex flex-wrap gap-2 print:hidden">
          <CopyButton
            text={codes.join("\n")}
            label={t`Copy the codes`}
            word={t`Copy`}
            testId="copy-recovery-codes"
          />
          <Button onClick={() => print()}>{t`Print`}</Button>
          <Button weight="primary" data-testid="recovery-codes-kept" onClick={close}>
            {t`I have kept them`}
          </Button>
        </div>
      </div>
    </Dialog>
  );
}
