/** Asks for the reason of a suspension, which the person reads, and says what it does. */
import { t } from "@lingui/core/macro";
import { useMutation } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { type StaffAccount, suspend } from "../../api/admin";
import { told } from "../../api/told";
import { Button } from "../../ui/button";
import { Dialog } from "../../ui/dialog";
import { Field, FormError } from "../../ui/field";
import { useFirstWrong } from "../../ui/use-first-wrong";
import { useSendsMail } from "../account/mail-way";

export function SuspendDialog({
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
  const deed = useMutation({ mutationFn: () => suspend(account.id, reason.trim()), onSuccess: done });
  const { of, form } = told(deed.error, ["reason"]);
  const sends = useSendsMail();
  const [box, notTaken] = useFirstWrong();
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setGap(!reason.trim());
    if (!reason.trim()) return notTaken();
    deed.mutate(undefined, { onError: notTaken });
  };
  return (
    <Dialog title={t`Suspend ${account.username}`} onClose={close} testId="suspend-dialog">
      <form ref={box} onSubmit={submit} className="flex flex-col gap-4" noValidate>
        <p className="text-sm text-quiet">
          {t`They are signed out everywhere at once, their broadcast ends and their stream keys are refused. Nothing is deleted: lifting the suspension gives all of it back.`}
        </p>
        <Field
          label={t`Reason`}
          hint={
            sends === null
              ? t`It is written into the log.`
              : sends
                ? t`They read it in a mail, and it is written into the log.`
                : t`It is written into the log. The mail that tells them stays on the page “Mails”: this platform sends none yet.`
          }
          maxLength={500}
          data-first
          data-testid="suspend-reason"
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
          <Button type="submit" weight="danger" busy={deed.isPending} data-testid="suspend-submit">
            {t`Suspend`}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
