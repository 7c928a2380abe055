/** Asks why a suspension ends, which the log keeps; it may be left out. */
import { t } from "@lingui/core/macro";
import { useMutation } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { type StaffAccount, unsuspend } from "../../api/admin";
import { told } from "../../api/told";
import { Button } from "../../ui/button";
import { Dialog } from "../../ui/dialog";
import { Field, FormError } from "../../ui/field";
import { useFirstWrong } from "../../ui/use-first-wrong";

export function LiftDialog({
  account,
  close,
  done,
}: {
  account: StaffAccount;
  close: () => void;
  done: () => void;
}) {
  const [reason, setReason] = useState("");
  const deed = useMutation({ mutationFn: () => unsuspend(account.id, reason.trim()), onSuccess: done });
  const { of, form } = told(deed.error, ["reason"]);
  const [box, notTaken] = useFirstWrong();
  const submit = (event: FormEvent) => {
    event.preventDefault();
    deed.mutate(undefined, { onError: notTaken });
  };
  return (
    <Dialog title={t`Lift the suspension of ${account.username}`} onClose={close} testId="lift-dialog">
      <form ref={box} onSubmit={submit} className="flex flex-col gap-4" noValidate>
        <Field
          label={t`Reason (optional)`}
          hint={t`It is written into the log; they do not read it.`}
          maxLength={500}
          data-first
          data-testid="lift-reason"
          value={reason}
          error={of("reason")}
          onChange={(e) => {
            setReason(e.target.value);
            if (deed.error) deed.reset();
          }}
        />
        <FormError>{form}</FormError>
        <div className="flex justify-end gap-2">
          <Button onClick={close}>{t`Cancel`}</Button>
          <Button type="submit" weight="primary" busy={deed.isPending} data-testid="lift-submit">
            {t`Lift the suspension`}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
