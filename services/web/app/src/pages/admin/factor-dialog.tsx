/**
 * Takes somebody's second factors away who lost them, and says what that does. The reason is for the log, and says how the admin knew that it
 * was them; where the admin's own sign-in is not recent, they prove who they are first.
 */
import { t } from "@lingui/core/macro";
import { useMutation } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { resetSecondFactor, type StaffAccount } from "../../api/admin";
import { told } from "../../api/told";
import { Button } from "../../ui/button";
import { Dialog } from "../../ui/dialog";
import { Field, FormError } from "../../ui/field";
import { useFirstWrong } from "../../ui/use-first-wrong";
import { useSendsMail } from "../account/mail-way";
import { ProofForm } from "../account/proof-form";
import { useProof } from "../account/use-proof";

export function FactorDialog({
  account,
  close,
  done,
}: {
  account: StaffAccount;
  close: () => void;
  done: () => void;
}) {
  const [reason, setReason] = useState("");
  const [gap, setGap] = useState(false);
  const proof = useProof();
  const sends = useSendsMail();
  const deed = useMutation({
    mutationFn: async () => {
      if (await proof.run(() => resetSecondFactor(account.id, reason.trim()))) done();
    },
  });
  const { of, form } = told(deed.error, ["reason"]);
  const [box, notTaken] = useFirstWrong();
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setGap(!reason.trim());
    if (!reason.trim()) return notTaken();
    deed.mutate(undefined, { onError: notTaken });
  };
  return (
    <>
      <Dialog
        title={t`Reset the second factor of ${account.username}`}
        onClose={close}
        testId="factor-dialog"
      >
        <form ref={box} onSubmit={submit} className="flex flex-col gap-4" noValidate>
          <p className="text-sm text-quiet">
            {t`The app, the passkeys and the recovery codes are removed, and they are signed out everywhere. After that the password alone signs them in: be sure that it is them who ask.`}
          </p>
          <Field
            label={t`Reason, and how you know that it is them`}
            hint={
              sends === null
                ? t`It is written into the log.`
                : sends
                  ? t`It is written into the log. A mail tells them that it was done.`
                  : t`It is written into the log. The mail that tells them stays on the page “Mails”: this platform sends none yet.`
            }
            maxLength={500}
            data-first
            data-testid="factor-reason"
            value={reason}
            error={gap ? t`Say why.` : of("reason")}
            onChange={(e) => {
              setReason(e.target.value);
              setGap(false);
              if (deed.error) deed.reset();
            }}
          />
          <FormError>{form}</FormError>
          <div className="flex justify-end gap-2">
            <Button onClick={close}>{t`Cancel`}</Button>
            <Button
              type="submit"
              weight="danger"
              busy={deed.isPending || proof.busy}
              data-testid="factor-submit"
            >
              {t`Reset second factor`}
            </Button>
          </div>
        </form>
      </Dialog>
      <ProofForm proof={proof} done={done} />
    </>
  );
}
